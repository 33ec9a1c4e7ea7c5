using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlashCall.Gateway.Applications;
using FlashCall.Gateway.Tests.Webhooks;
using Microsoft.AspNetCore.Http;

namespace FlashCall.Gateway.Tests.Sinch;

/// <summary>
/// A gateway with an application of the test's own, and behind it somebody who answers as the verification service does: sessions are
/// documents in a dictionary, a caller ID is leased at once, and the number that calls is always the same.
/// </summary>
internal sealed class SinchGateway : IAsyncDisposable
{
    public const string CallerId = "+442079460123";
    public const string Number = "+46701740605";
    private readonly Upstream _verification;
    private readonly RunningGateway _gateway;

    private SinchGateway(Upstream verification, RunningGateway gateway, Receiver receiver, string id, NewKey key)
    {
        (_verification, _gateway, Receiver, Id, Key) = (verification, gateway, receiver, id, key);
        verification.Answer = AnswerAsync;
    }

    public string Id { get; }

    public NewKey Key { get; }

    /// <summary>Where the application is called back.</summary>
    public Receiver Receiver { get; }

    public HttpClient Client => _gateway.Client;

    public IServiceProvider Services => _gateway.Services;

    public ConcurrentDictionary<Guid, JsonObject> Sessions { get; } = new();

    /// <summary>What became of starts, in order: the document that came.</summary>
    public IEnumerable<JsonElement> Starts => Requests("POST", "/v1/verifications").Select(request => JsonSerializer.Deserialize<JsonElement>(request.Body));

    /// <summary>Changes what a start begins; it has no caller ID where this takes <c>flashCall</c> away.</summary>
    public Action<JsonObject> Begin { get; set; } = _ => { };

    /// <summary>Answers in place of the sessions; null for those.</summary>
    public Func<HttpContext, bool> Instead { get; set; } = _ => false;

    public static async Task<SinchGateway> StartAsync(string minimum = "bearer", bool hasCallback = false, string? purpose = null, params string[] settings)
    {
        var verification = await Upstream.StartAsync(RunningGateway.PublicKey);
        var receiver = await Receiver.StartAsync();
        var id = $"sinch-{Guid.NewGuid():N}";
        var key = await (await GatewayDatabase.SharedAsync()).AddAsync(id, new ApplicationDocument
        {
            Name = "Sinch",
            Scopes = ["verifications:write", "verifications:read"],
            MinimumAuthorization = minimum,
            RateLimits = new LimitsDocument { Requests = new RateDocument { Permits = RateLimit.MostPermits } },
            Sinch = new SinchDocument { CallbackUrl = hasCallback ? receiver.Url : null, Purpose = purpose },
        });
        var gateway = await RunningGateway.StartAsync(
            [verification.Address], ["--Webhooks:AllowHttp=true", "--Webhooks:AllowedNetworks:0=127.0.0.0/8", .. settings]);
        return new SinchGateway(verification, gateway, receiver, id, key);
    }

    public IEnumerable<Received> Requests(string method, string target) =>
        _verification.Received.Where(request => request.Method == method && request.Target == target);

    public string Basic => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Key.Id}:{Convert.ToBase64String(Key.SigningSecret)}"));

    public string Public => $"Application {Key.Id}";

    /// <summary>Sends a request with Basic, unless another credential is said.</summary>
    public async Task<HttpResponseMessage> SendAsync(string method, string path, string? body = null, string? credential = null, string? acceptLanguage = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path)
        {
            Content = body is null ? null : new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new("application/json") } },
        };
        request.Headers.Authorization = AuthenticationHeaderValue.Parse(credential ?? Basic);
        if (acceptLanguage is not null)
            request.Headers.Add("Accept-Language", acceptLanguage);
        return await Client.SendAsync(request);
    }

    /// <summary>The same, whose answer has to be of this status.</summary>
    public async Task<JsonElement> AskAsync(string method, string path, string? body = null, HttpStatusCode expected = HttpStatusCode.OK, string? credential = null)
    {
        using var response = await SendAsync(method, path, body, credential);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(expected == response.StatusCode, $"{(int)response.StatusCode} {text}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    /// <summary>The same, which has to be refused with this code.</summary>
    public async Task<string> RefusedAsync(int code, string method, string path, string? body = null, string? credential = null)
    {
        var error = await AskAsync(method, path, body, (HttpStatusCode)(code / 100), credential);
        Assert.Equal(code, error.GetProperty("errorCode").GetInt32());
        // A status in the body, as problem details have it, breaks a client library in use.
        Assert.False(error.TryGetProperty("status", out _));
        return error.GetProperty("message").GetString()!;
    }

    public static string Start(string more = "", string number = Number) =>
        $$$"""{"identity":{"type":"number","endpoint":"{{{number}}}"},"method":"flashcall"{{{more}}}}""";

    public static string Report(string cli = CallerId, string source = "manual") =>
        $$$"""{"method":"flashcall","source":"{{{source}}}","flashCall":{"cli":"{{{cli}}}"}}""";

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _verification.DisposeAsync();
        await Receiver.DisposeAsync();
    }

    private Task AnswerAsync(HttpContext context)
    {
        if (Instead(context))
            return Task.CompletedTask;
        var path = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return (context.Request.Method, path.Length) switch
        {
            ("POST", 2) => BeginAsync(context),
            ("GET", 2) => context.Response.WriteAsJsonAsync(new { items = List(context.Request.Query) }),
            (_, >= 3) when !Sessions.ContainsKey(Guid.Parse(path[2])) =>
                ProblemAsync(context, 404, "verification_not_found", "This application has no verification with this id."),
            ("GET", 3) => context.Response.WriteAsJsonAsync(Sessions[Guid.Parse(path[2])]),
            ("POST", 4) when path[3] == "report" => ReportAsync(context, Sessions[Guid.Parse(path[2])]),
            ("POST", 4) => Receiver.Status(context, 204),
            _ => Receiver.Status(context, 404),
        };
    }

    public static Task ProblemAsync(HttpContext context, int status, string code, string detail)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new { status, code, detail }, options: null, contentType: "application/problem+json");
    }

    private async Task BeginAsync(HttpContext context)
    {
        var request = JsonNode.Parse(_verification.Received.Last(one => one.Method == "POST").Body)!.AsObject();
        var id = Guid.Parse(context.Request.Headers["FlashCall-Verification-Id"].ToString());
        var now = DateTimeOffset.UtcNow;
        var session = new JsonObject
        {
            ["id"] = id,
            ["status"] = "pending",
            ["to"] = request["to"]!.DeepClone(),
            ["reference"] = request["reference"]?.DeepClone(),
            ["metadata"] = request["metadata"]!.DeepClone(),
            ["flashCall"] = new JsonObject
            {
                ["callerIdPrefix"] = "+442079460",
                ["interceptUntil"] = now.AddSeconds(request["flashCall"]?["interceptionTimeout"]?.GetValue<int>() ?? 45),
            },
            ["reportsLeft"] = 3,
            ["createdAt"] = now,
            ["expiresAt"] = now.AddSeconds(75),
            ["timeline"] = new JsonArray(),
        };
        if (context.Request.Headers["FlashCall-Denied"].ToString() is { Length: > 0 } denied)
        {
            session.Remove("flashCall");
            (session["status"], session["reason"]) = ("denied", denied);
        }
        Begin(session);
        Sessions[id] = session;
        context.Response.StatusCode = 201;
        await context.Response.WriteAsJsonAsync(session);
    }

    private JsonArray List(IQueryCollection query) =>
    [
        .. Sessions.Values
            .Where(session => query["to"].ToString() is not { Length: > 0 } to || session["to"]!.GetValue<string>() == to)
            .Where(session => query["reference"].ToString() is not { Length: > 0 } reference || session["reference"]?.GetValue<string>() == reference)
            .OrderByDescending(session => session["createdAt"]!.GetValue<DateTimeOffset>())
            .Select(session => new JsonObject { ["id"] = session["id"]!.DeepClone(), ["status"] = session["status"]!.DeepClone() }),
    ];

    private async Task ReportAsync(HttpContext context, JsonObject session)
    {
        var report = JsonNode.Parse(_verification.Received.Last(one => one.Method == "POST").Body)!;
        if (session["status"]!.GetValue<string>() is not ("pending" or "ringing" or "awaiting_report"))
        {
            await ProblemAsync(context, 409, "verification_ended", "It has ended.");
            return;
        }
        var isRight = report["callerId"]!.GetValue<string>().EndsWith(CallerId[3..], StringComparison.Ordinal);
        session["source"] = (report["sourceText"] ?? report["source"])!.DeepClone();
        if (isRight)
        {
            session["status"] = "verified";
            session["flashCall"]!["callerId"] = CallerId;
            session["timeline"]!.AsArray().Add(new JsonObject { ["step"] = "hung_up", ["detail"] = "rang 900 ms" });
        }
        else if ((session["reportsLeft"] = session["reportsLeft"]!.GetValue<int>() - 1)!.GetValue<int>() == 0)
        {
            (session["status"], session["reason"]) = ("failed", "too_many_reports");
        }
        await context.Response.WriteAsJsonAsync(new
        {
            id = session["id"],
            status = session["status"],
            reason = session["reason"],
            report = isRight ? "match" : "no_match",
            source = session["source"],
            reportsLeft = session["reportsLeft"],
        });
    }
}

/// <summary>One for the tests of a class that begin no session.</summary>
public sealed class SharedSinchGateway : IAsyncLifetime
{
    internal SinchGateway Gateway { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Gateway = await SinchGateway.StartAsync();

    public ValueTask DisposeAsync() => Gateway.DisposeAsync();
}
