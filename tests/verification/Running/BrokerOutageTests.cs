using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.Testing;
using FlashCall.Verification.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace FlashCall.Verification.Tests.Running;

/// <summary>A broker that is away while messages pile up: a replica, database and peers of this test's own.</summary>
public sealed class BrokerOutageTests(RunningVerification running) : IAsyncLifetime
{
    private const int Many = 1000;

    private readonly string _own = Guid.NewGuid().ToString("N")[..6];
    private Cable? _cable;
    private Peers? _peers;
    private WebApplication? _replica;

    private string[] Common =>
        [.. running.Arguments, $"--DatabasePrefix={running.DatabasePrefix}{_own}_", $"--BusPrefix={running.BusPrefix}{_own}-"];

    private NpgsqlDataSource Data => _replica!.Services.GetRequiredService<NpgsqlDataSource>();

    public async ValueTask InitializeAsync()
    {
        Assert.Equal(0, await PlatformHost.RunAsync([PlatformHost.PrepareArgument, .. Common], VerificationService.Build));
        _peers = await Peers.StartAsync(Common);
        var broker = new UriBuilder(running.RabbitMq);
        _cable = new Cable(broker.Host, broker.Port);
        (broker.Host, broker.Port) = ("127.0.0.1", _cable.Port);
        _replica = VerificationService.Build([.. Common, $"--RabbitMq={broker}", "--Logging:LogLevel:Default=None"]);
        await _replica.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(_replica.Urls.First()) };
        await Eventually.TrueAsync(async () => (await client.GetAsync("/health/ready")).IsSuccessStatusCode, "a ready replica");
    }

    public async ValueTask DisposeAsync()
    {
        await _replica!.StopAsync();
        await _replica.DisposeAsync();
        await _peers!.DisposeAsync();
        await _cable!.DisposeAsync();
        await BusRemains.DeleteAsync(running.RabbitMq, $"{running.BusPrefix}{_own}-");
    }

    [Fact]
    public async Task What_piled_up_while_the_broker_was_away_arrives_when_it_is_back()
    {
        _cable!.Pull();
        var sessions = Enumerable.Range(0, Many).Select(_ => Guid.CreateVersion7()).ToArray();
        await using (var insert = Data.CreateCommand(
            """
            insert into outbox (message_id, verification_id, queue, type, body, traceparent, due_at)
            select session, session, 'dialer', $2, jsonb_build_object('VerificationId', session, 'AttemptId', session), null, now()
            from unnest($1) as session
            """))
        {
            insert.Parameters.Add(new NpgsqlParameter { Value = sessions });
            insert.Parameters.Add(new NpgsqlParameter { Value = typeof(HangUp).FullName! });
            await insert.ExecuteNonQueryAsync();
        }
        // A sweep takes some and tries.
        await Eventually.TrueAsync(async () => await CountAsync("due_at > now()") > 0, "a sweep tries");
        Assert.Equal(Many, await CountAsync("true"));
        Assert.Empty(_peers!.Received);

        _cable.PlugIn();
        await Eventually.TrueAsync(() => _peers.Received.Count == Many, "all arrive", TimeSpan.FromSeconds(60));
        Assert.Equal(sessions.Order(), _peers.Received.Keys.Order());
        await Eventually.TrueAsync(async () => await CountAsync("true") == 0, "an empty outbox", TimeSpan.FromSeconds(30));
    }

    private async Task<long> CountAsync(string which)
    {
        await using var count = Data.CreateCommand($"select count(*) from outbox where {which}");
        return (long)(await count.ExecuteScalarAsync())!;
    }
}
