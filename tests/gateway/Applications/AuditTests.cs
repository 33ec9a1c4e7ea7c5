using System.Security.Claims;
using FlashCall.Gateway.Applications;
using FlashCall.Gateway.Applications.Operations;
using FlashCall.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlashCall.Gateway.Tests.Applications;

/// <summary>The log says who changed what, and gives no secret away.</summary>
public sealed class AuditTests
{

    [Fact]
    public async Task Each_change_is_a_line_with_the_key_that_made_it()
    {
        var log = new Lines();
        await using var database = await GatewayDatabase.CreateAsync();
        var settings = GatewaySettings.Read(
            new ConfigurationBuilder().AddCommandLine(RunningGateway.Settings(new Uri("http://127.0.0.1:1"))).Build());
        using var updates = new ApplicationUpdates(database.Store, settings, TimeProvider.System, NullLogger<ApplicationUpdates>.Instance);
        var operations = new ApplicationOperations(database.Store, updates, log);
        var office = Guid.CreateVersion7();
        var valid = new ApplicationValidator(settings.Webhooks);
        DefaultHttpContext Request() => new()
        {
            User = new ClaimsPrincipal(new ClaimsIdentity(
                [new(InternalIdentity.ApplicationClaim, "office"), new(ApplicationKey.Claim, office.ToString())])),
        };

        var document = new ApplicationDocument { Id = "shop", Name = "Shop", Scopes = ["operations"] };
        var added = (await AddApplication.HandleAsync(document, Request(), valid, operations)).Result;
        await AddApplication.HandleAsync(document, Request(), valid, operations);
        var key = (await AddKey.HandleAsync("shop", new AddKey(), Request(), operations, TimeProvider.System)).Result;
        await RevokeKey.HandleAsync("shop", KeyOf(key).Id, Request(), operations);
        await PutApplication.HandleAsync("shop", document with { Id = null }, Request(), valid, operations);
        await RemoveApplication.HandleAsync("shop", Request(), operations);

        var first = Assert.IsType<ApplicationView>(((IValueHttpResult)added).Value).Key!;
        var second = KeyOf(key);
        Assert.Equal(
            [$"added, with key {first.Id},", $"given key {second.Id}", $"revoked key {second.Id}", "replaced", "removed"],
            log.Said.Select(line => Between(line, "Application shop: ", $" by office with key {office}, change ")));
        Assert.All((string[])[first.ApiKey, first.SigningSecret, second.ApiKey, second.SigningSecret],
            secret => Assert.All(log.Said, line => Assert.DoesNotContain(secret, line, StringComparison.Ordinal)));
        Assert.DoesNotContain(first.ApiKey, $"{first} {added}", StringComparison.Ordinal);
    }

    private static NewKeyView KeyOf(IResult created) => Assert.IsType<NewKeyView>(((IValueHttpResult)created).Value);

    private static string Between(string line, string before, string after)
    {
        Assert.StartsWith(before, line, StringComparison.Ordinal);
        var end = line.IndexOf(after, StringComparison.Ordinal);
        Assert.True(end > 0, line);
        return line[before.Length..end];
    }

    private sealed class Lines : ILogger<ApplicationOperations>
    {
        public List<string> Said { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Said.Add(formatter(state, exception));
    }
}
