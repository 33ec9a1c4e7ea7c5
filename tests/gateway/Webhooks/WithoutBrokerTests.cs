using System.Net;
using System.Text.Json;
using FlashCall.Testing;

namespace FlashCall.Gateway.Tests.Webhooks;

public sealed class WithoutBrokerTests
{
    /// <summary>Taking every gateway out of service because nobody hears of ended sessions for a while would be the greater harm.</summary>
    [Fact]
    public async Task The_gateway_goes_on_and_says_that_it_is_degraded()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var database = await GatewayDatabase.CreateAsync();
        await using var gateway = await RunningGateway.StartAsync(
            database, [upstream.Address], "--RabbitMq=amqp://flashcall:flashcall@127.0.0.1:1/");
        await Eventually.TrueAsync(async () =>
        {
            using var response = await gateway.Client.GetAsync("/health/ready");
            var health = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());
            return response.StatusCode == HttpStatusCode.OK && health.GetProperty("status").GetString() == "degraded"
                && health.GetProperty("checks").GetProperty("rabbitmq").GetProperty("status").GetString() == "degraded";
        }, "the gateway is degraded");
        using var response = await gateway.SendAsync(HttpMethod.Get, "/v1/webhooks");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
