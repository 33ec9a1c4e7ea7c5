using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using FlashCall.EndToEnd.Tests.Running;
using FlashCall.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace FlashCall.EndToEnd.Tests.PublicApi;

/// <summary>A backend that is told how its sessions ended.</summary>
[Collection(Platform.OneAtATime)]
public sealed class WebhookTests(Platform platform)
{
    [Fact]
    public async Task The_end_of_a_session_is_told_and_signed()
    {
        var received = Channel.CreateUnbounded<(IHeaderDictionary Headers, string Body)>();
        await using var receiver = await ReceiverAsync(received.Writer);
        // Of its own, so that other tests' sessions are not told here.
        var application = await platform.AddApplicationAsync(new { id = "told", name = "Told", scopes = Platform.ClientScopes });
        using var backend = platform.Http(application.ApiKey);
        var (created, webhook) = await backend.AskAsync(new HttpRequestMessage(HttpMethod.Post, "/v1/webhooks")
        {
            Content = JsonContent.Create(new { url = $"{receiver.Urls.Single()}/told", events = (string[])["verification.ended"] }),
        });
        Assert.True(created == 201, $"Expected 201, got {created}: {webhook}");
        using var phone = platform.NextPhone();
        var id = (await backend.StartAsync(phone)).Text("id");
        await backend.ReportAsync(id, await phone.RingingAsync());

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var (headers, body) = await received.Reader.ReadAsync(patience.Token);

        Assert.Contains($"v1,{Signature(webhook.Text("secret"), headers, body)}", headers["webhook-signature"].ToString().Split(' '));
        var sent = DateTimeOffset.FromUnixTimeSeconds(long.Parse(headers["webhook-timestamp"].ToString(), CultureInfo.InvariantCulture));
        Assert.InRange(DateTimeOffset.UtcNow - sent, TimeSpan.FromSeconds(-1), TimeSpan.FromSeconds(30));
        var told = JsonSerializer.Deserialize<JsonElement>(body);
        Assert.Equal("verification.ended", told.Text("type"));
        var session = told.GetProperty("data");
        Assert.Equal((id, "verified", phone.Number), (session.Text("id"), session.Text("status"), session.Text("to")));
        Assert.NotEmpty(session.Text("resultToken"));

        JsonElement deliveries = default;
        await Eventually.TrueAsync(
            async () =>
            {
                deliveries = await backend.GetFromJsonAsync<JsonElement>($"/v1/webhooks/{webhook.Text("id")}/deliveries");
                return deliveries.GetProperty("items").EnumerateArray().Any(delivery => delivery.Text("status") == "delivered");
            },
            () => $"the delivery is logged as delivered; the log is {deliveries}");
    }

    /// <summary>A receiver of webhooks on a free port, which hands on what it gets.</summary>
    internal static async Task<WebApplication> ReceiverAsync(ChannelWriter<(IHeaderDictionary, string)> received)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
            var body = await reader.ReadToEndAsync(context.RequestAborted);
            await received.WriteAsync((new HeaderDictionary(context.Request.Headers.ToDictionary()), body));
        });
        await app.StartAsync();
        return app;
    }

    /// <summary>As the Standard Webhooks convention has it, written down a second time.</summary>
    private static string Signature(string secret, IHeaderDictionary headers, string body)
    {
        const string Prefix = "whsec_";
        Assert.StartsWith(Prefix, secret, StringComparison.Ordinal);
        var signed = $"{headers["webhook-id"]}.{headers["webhook-timestamp"]}.{body}";
        var key = Convert.FromBase64String(secret[Prefix.Length..]);
        return Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(signed)));
    }
}
