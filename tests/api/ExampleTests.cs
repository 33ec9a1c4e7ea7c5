using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlashCall.Api.Tests.Description;
using FlashCall.Gateway.Reference;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Api.Tests;

/// <summary>
/// Every example request of the document is sent to a running platform, in the order of a story, and every answer is as the document says:
/// its status, its media type, its body.
/// </summary>
public sealed class ExampleTests : IAsyncLifetime
{
    private static readonly ApiDescription Document = new(ApiDocument.Current.Json);
    private readonly HashSet<string> _sent = new(StringComparer.Ordinal);
    private string _feedbackOn = "";

    /// <summary>One of its own: what the story makes must not be there before.</summary>
    private readonly WholePlatform _platform = new();

    public ValueTask InitializeAsync() => _platform.InitializeAsync();

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Fact]
    public async Task The_examples_run_as_they_stand()
    {
        var webhook = Id(await SendAsync("addWebhook", "shop", 201));
        await VerifyingAsync();
        await TellingAsync(webhook);
        await VerifyingAsSinchDoesAsync();
        await AdministeringAsync();
        await CarryingAsync();
        await NumberingAsync();
        await JudgingAsync();
        await ForgettingAsync();

        var examples = Document.Operations.SelectMany(operation => operation.BodyType is null
            ? [operation.Id]
            : operation.Examples.Keys.Select(example => $"{operation.Id} {example}"));
        Assert.Equal(examples.Order(StringComparer.Ordinal), _sent.Order(StringComparer.Ordinal));
    }

    /// <summary>An app verifies a number, a person mistypes, a phone shows nothing, somebody gives up.</summary>
    private async Task VerifyingAsync()
    {
        var session = await SendAsync("startVerification", "login", 201);
        var callerId = await CallerIdAsync("+46701740605");
        var id = Id(session);
        Assert.Equal("no_match", (await SendAsync("reportCallerId", "typed", 200, id))["report"]!.GetValue<string>());
        var verified = await SendAsync(
            "reportCallerId", "intercepted", 200, id, body: new JsonObject { ["callerId"] = callerId, ["source"] = "intercepted" });
        Assert.Equal("verified", verified["status"]!.GetValue<string>());
        Assert.NotNull((await SendAsync("getVerification", null, 200, id))["resultToken"]);
        await SendAsync("getResultKeys", null, 200);

        var second = Id(await SendAsync("startVerification", "everything", 201));
        await CallerIdAsync("+46701740606");
        await UntilAsync(second, "ringing", "awaiting_report");
        Assert.Equal("caller_id_withheld", Text(await SendAsync("reportCallerId", "withheld", 200, second), "reportReason"));

        await SendAsync("followVerification", null, 200, id);
        await SendAsync("sendTelemetry", "late", 204, id);
        await SendAsync("listVerifications", null, 200);

        var third = Id(await SendAsync("startVerification", "national", 201));
        Assert.Equal("cancelled", (await SendAsync("cancelVerification", null, 200, third))["status"]!.GetValue<string>());
        _feedbackOn = id["id"];
    }

    /// <summary>What was sent of it to the shop, which is not there.</summary>
    private async Task TellingAsync(Dictionary<string, string> webhook)
    {
        await SendAsync("getWebhook", null, 200, webhook);
        await SendAsync("listWebhooks", null, 200);
        var deliveries = new JsonArray();
        await Eventually.TrueAsync(
            async () => (deliveries = (await SendAsync("listDeliveries", null, 200, webhook))["items"]!.AsArray()).Count > 0,
            () => "a delivery", TimeSpan.FromSeconds(20));
        webhook["deliveryId"] = Text(deliveries[0]!, "id");
        await SendAsync("getDelivery", null, 200, webhook);
        await SendAsync("redeliver", null, 202, webhook);
        await SendAsync("rotateWebhookSecret", null, 200, webhook);
        await SendAsync("putWebhook", "resumed", 200, webhook);
        await SendAsync("removeWebhook", null, 204, webhook);
    }

    /// <summary>An app with Sinch's SDK, which knows nothing of whom it speaks to.</summary>
    private async Task VerifyingAsSinchDoesAsync()
    {
        var id = Id(await SendAsync("startSinchVerification", "flashcall", 200));
        await SendAsync("sendSinchTelemetry", "late", 200);
        var reported = await SendAsync("reportSinchVerification", "manual", 200, id, SinchReport(await CallerIdAsync("+46701740610")));
        Assert.Equal("SUCCESSFUL", Text(reported, "status"));
        await SendAsync("getSinchVerification", null, 200, id);
        await SendAsync("getSinchVerificationByNumber", null, 200);
        await SendAsync("getSinchVerificationByReference", null, 200);

        await SendAsync("startSinchVerification", "short", 200);
        var number = new Dictionary<string, string>(StringComparer.Ordinal) { ["number"] = "+46701740611" };
        reported = await SendAsync(
            "reportSinchVerificationByNumber", "manual", 200, number, SinchReport(await CallerIdAsync("+46701740611")));
        Assert.Equal("SUCCESSFUL", Text(reported, "status"));

        static JsonObject SinchReport(string callerId) => new()
        {
            ["method"] = "flashcall",
            ["source"] = "manual",
            ["flashCall"] = new JsonObject { ["cli"] = callerId },
        };
    }

    private async Task AdministeringAsync()
    {
        await SendAsync("addApplication", "shop", 201);
        var shop = new Dictionary<string, string>(StringComparer.Ordinal) { ["id"] = "shop" };
        await SendAsync("getApplication", null, 200, shop);
        await SendAsync("putApplication", "renamed", 200, shop);
        shop["keyId"] = Text(await SendAsync("addKey", "named", 201, shop), "id");
        await SendAsync("listKeys", null, 200, shop);
        await SendAsync("revokeKey", null, 204, shop);
        await SendAsync("listApplications", null, 200);
        await SendAsync("removeApplication", null, 204, shop);
    }

    private async Task CarryingAsync()
    {
        await SendAsync("putTrunk", "carrier", 201);
        await SendAsync("putTrunk", "carrier", 200);
        await SendAsync("getTrunk", null, 200);
        await SendAsync("listTrunks", null, 200);
        await SendAsync("drainTrunk", null, 200);
        await SendAsync("activateTrunk", null, 200);
        await SendAsync("removeTrunk", null, 204);
    }

    private async Task NumberingAsync()
    {
        await SendAsync("addNumbers", "block", 200);
        Assert.Equal(1, (await SendAsync("importNumbers", "two", 200))["refusedLines"]!.GetValue<int>());
        await SendAsync("listNumbers", null, 200);
        await SendAsync("getNumber", null, 200);
        await SendAsync("getNumberStatistics", null, 200);
        await SendAsync("getNumberStrength", null, 200);
        await SendAsync("restNumbers", "block", 200);
        await SendAsync("activateNumbers", "block", 200);
        await SendAsync("retireNumbers", "block", 200);
        Assert.Equal(102, (await SendAsync("removeNumbers", "block", 200))["numbers"]!.GetValue<int>());
    }

    private async Task JudgingAsync()
    {
        var number = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["number"] = (await SendAsync("addFraudPolicy", "spring", 201))["number"]!.ToString(),
        };
        await SendAsync("getFraudPolicy", null, 200, number);
        await SendAsync("compareFraudPolicies", null, 200, number);
        await SendAsync("activateFraudPolicy", null, 200, new Dictionary<string, string>(StringComparer.Ordinal) { ["number"] = "1" });
        await SendAsync("listFraudPolicies", null, 200);
        await SendAsync("tryFraudPolicy", "login", 200);
        await SendAsync(
            "giveFraudFeedback", "legitimate", 200, body: new JsonObject { ["verificationId"] = _feedbackOn, ["kind"] = "legitimate" });
        await SendAsync("liftFraudBlock", null, 200, Id(await SendAsync("raiseFraudBlock", "prefix", 201)));
        await SendAsync("listFraudBlocks", null, 200);
        await SendAsync("removeFraudEntry", null, 204, Id(await SendAsync("putFraudEntry", "number", 200)));
        await SendAsync("listFraudEntries", null, 200);
    }

    private async Task ForgettingAsync()
    {
        var erasure = Id(await SendAsync("eraseSubject", null, 202));
        await Eventually.TrueAsync(
            async () => Text(await SendAsync("getErasure", null, 200, erasure), "status") == "complete",
            () => "the erasure is complete", TimeSpan.FromSeconds(40));
        Assert.Equal(erasure["id"], Text(await SendAsync("eraseSubject", null, 200), "id"));
        await SendAsync("listErasures", null, 200);
    }

    /// <summary>Sends an example and checks the answer against the document.</summary>
    /// <param name="operationId">The operation.</param>
    /// <param name="example">The example body; null for an operation without one.</param>
    /// <param name="status">The status that has to come.</param>
    /// <param name="path">Values of parameters of the path, where they are not those of the document.</param>
    /// <param name="body">What the example has that only the story knows.</param>
    private async Task<JsonNode> SendAsync(
        string operationId, string? example, int status, Dictionary<string, string>? path = null, JsonObject? body = null)
    {
        var operation = Document[operationId];
        _sent.Add(example is null ? operationId : $"{operationId} {example}");
        var target = operation.Parameters.Where(parameter => parameter.In == "path").Aggregate(
            operation.Path,
            (found, parameter) => found.Replace(
                $"{{{parameter.Name}}}", Uri.EscapeDataString(path?.GetValueOrDefault(parameter.Name) ?? parameter.Example),
                StringComparison.Ordinal));
        var query = string.Join('&', operation.Parameters.Where(parameter => parameter is { In: "query", IsRequired: true })
            .Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Example)}"));
        using var request = new HttpRequestMessage(new HttpMethod(operation.Method), query.Length == 0 ? target : $"{target}?{query}");
        if (example is not null)
        {
            var value = operation.Examples[example];
            Assert.Empty(body is null ? [] : body.Select(field => field.Key).Except(value.AsObject().Select(field => field.Key)));
            request.Content = new StringContent(
                value is JsonValue text ? text.GetValue<string>() : (body ?? value).ToJsonString(), Encoding.UTF8, operation.BodyType!);
        }
        using var client = _platform.ClientFor(operation);
        using var response = await client.SendAsync(request);

        var answer = await response.Content.ReadAsStringAsync();
        Assert.True(status == (int)response.StatusCode, $"{operationId} answers {(int)response.StatusCode}: {answer}");
        Assert.Contains(status, operation.Statuses);
        var documented = operation.Answer(status);
        if (documented.Count == 0)
        {
            Assert.Empty(answer);
            return new JsonObject();
        }
        var type = response.Content.Headers.ContentType!.MediaType!;
        Assert.True(documented.ContainsKey(type), $"{operationId} answers with {type}, which is not documented.");
        if (!type.EndsWith("json", StringComparison.Ordinal))
            return JsonValue.Create(answer);
        Assert.Empty(Document.Schemas.Mistakes(documented[type], answer));
        return JsonNode.Parse(answer)!;
    }

    private async Task<string> CallerIdAsync(string phone)
    {
        using var phones = _platform.Phones();
        var calls = await phones.GetFromJsonAsync<JsonElement>($"/phones/{phone}/calls?wait=20");
        return calls[0].GetProperty("callerId").GetString()!;
    }

    private async Task UntilAsync(Dictionary<string, string> id, params IReadOnlyList<string> statuses) => await Eventually.TrueAsync(
        async () => statuses.Contains(Text(await SendAsync("getVerification", null, 200, id), "status"), StringComparer.Ordinal),
        () => $"the session is {string.Join(" or ", statuses)}", TimeSpan.FromSeconds(20));

    private static Dictionary<string, string> Id(JsonNode made) => new(StringComparer.Ordinal) { ["id"] = Text(made, "id") };

    private static string Text(JsonNode node, string field) => node[field]!.GetValue<string>();
}
