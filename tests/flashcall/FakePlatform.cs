using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlashCall.Cli.Tests;

/// <summary>A gateway and a handset in one, over real HTTP: one session and one phone, which do what the test says.</summary>
internal sealed class FakePlatform : IAsyncDisposable
{
    public const string Key = "fck_key-of-a-test";
    public const string CallerId = "+442079460123";
    public const string Id = "01990000-0000-7000-8000-000000000001";
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private readonly WebApplication _app;
    private readonly Lock _lock = new();
    private readonly List<(string Step, int At, string? Detail)> _timeline = [];
    private readonly List<object> _calls = [];
    private string _status = "pending";
    private string? _reason;
    private string? _detail;
    private int _reportsLeft = 3;
    private int _looksSinceEnd;

    private FakePlatform(WebApplication app) => _app = app;

    public string Address { get; private set; } = "";

    /// <summary>What the phone does when the session starts.</summary>
    public Action<FakePlatform> OnStart { get; set; } = platform => platform.Ring();

    /// <summary>Stands in for an answer of the API to any request.</summary>
    public Func<HttpContext, IResult?> Instead { get; set; } = _ => null;

    /// <summary>How many of the last digits may be typed; null for the whole number.</summary>
    public int? EnterDigits { get; set; } = 4;

    /// <summary>After how many looks at the ended session its call has ended too; null for never.</summary>
    public int? HangUpAfter { get; set; } = 2;

    /// <summary>The number pool.</summary>
    public FakePool Pool { get; } = new();

    /// <summary>What happened.</summary>
    public FakeEvents Events { get; } = new();

    /// <summary>The applications.</summary>
    public FakeApplications Applications { get; } = new();

    public List<JsonElement> Requests { get; } = [];

    public List<JsonElement> Reports { get; } = [];

    public int LooksSinceEnd => _looksSinceEnd;

    public static async Task<FakePlatform> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        var platform = new FakePlatform(app);
        app.MapPost("/v1/verifications", (Delegate)((HttpContext context) => platform.ApiAsync(context, platform.StartSession)));
        app.MapGet("/v1/verifications/{id}", (Delegate)((HttpContext context) => platform.ApiAsync(context, _ => platform.Look())));
        app.MapPost("/v1/verifications/{id}/report", (Delegate)((HttpContext context) => platform.ApiAsync(context, platform.Report)));
        app.MapGet("/phones/{number}/calls", (Delegate)platform.CallLog);
        app.Map("/v1/numbers/{**rest}", (Delegate)((HttpContext context) => platform.PoolAsync(context)));
        app.Map("/v1/applications/{**rest}", (Delegate)((HttpContext context) => platform.ApplicationsAsync(context)));
        app.MapGet("/v1/analytics/events", (RequestDelegate)platform.Events.AnswerAsync);
        await app.StartAsync();
        platform.Address = app.Urls.Single();
        return platform;
    }

    public void Ring(string callerId = CallerId)
    {
        lock (_lock)
        {
            _status = "ringing";
            _timeline.AddRange([("invited", 22, null), ("ringing", 75, null)]);
            _calls.Insert(0, new { sequence = _calls.Count + 1, callerId, state = "ringing", invitedAt = Start, rangAt = (DateTimeOffset?)Start });
        }
    }

    /// <summary>A call that was on the phone before, or that did not ring.</summary>
    public void AddCall(string callerId, bool rang)
    {
        lock (_lock)
            _calls.Insert(0, new { sequence = _calls.Count + 1, callerId, state = rang ? "missed" : "busy", invitedAt = Start, rangAt = rang ? Start : (DateTimeOffset?)null });
    }

    public void End(string status, string? reason, string? detail)
    {
        lock (_lock)
        {
            (_status, _reason, _detail) = (status, reason, detail);
            _timeline.Add((status, 90, reason));
        }
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task<IResult> ApiAsync(HttpContext context, Func<JsonElement, IResult> answer)
    {
        if (Instead(context) is { } other)
            return other;
        if (NoAccess(context) is { } refusal)
            return refusal;
        var body = HttpMethods.IsPost(context.Request.Method) ? await context.Request.ReadFromJsonAsync<JsonElement>() : default;
        return answer(body);
    }

    private async Task<IResult> PoolAsync(HttpContext context) => NoAccess(context) ?? await Pool.AnswerAsync(context);

    private async Task<IResult> ApplicationsAsync(HttpContext context) => Instead(context)
        ?? (Applications.Knows(context.Request.Headers.Authorization) ? Forbidden() : NoAccess(context) ?? await Applications.AnswerAsync(context));

    private static IResult Forbidden() => TypedResults.Problem("This key does not have the scope 'admin'.", statusCode: 403,
        extensions: new Dictionary<string, object?> { ["code"] = "forbidden" });

    private static IResult? NoAccess(HttpContext context) => context.Request.Headers.Authorization == $"Bearer {Key}"
        ? null
        : TypedResults.Problem("Send an API key as 'Authorization: Bearer <key>'.", statusCode: 401, title: "No valid credential",
            extensions: new Dictionary<string, object?> { ["code"] = "unauthorized" });

    private IResult StartSession(JsonElement request)
    {
        lock (_lock)
        {
            Requests.Add(request);
            _timeline.AddRange([("requested", 0, null), ("risk_assessed", 5, "allow, score 0"), ("caller_id_leased", 12, "1 of 10,000, 13.3 bits")]);
        }
        OnStart(this);
        return TypedResults.Json(View(), statusCode: 201);
    }

    private IResult Look()
    {
        lock (_lock)
        {
            if (_status is not ("pending" or "ringing" or "awaiting_report") && ++_looksSinceEnd == HangUpAfter)
                _timeline.Add(("hung_up", 110, "rang 35 ms"));
            return TypedResults.Json(View());
        }
    }

    private IResult Report(JsonElement report)
    {
        lock (_lock)
        {
            Reports.Add(report);
            if (_status is not ("ringing" or "awaiting_report"))
                return TypedResults.Problem("It ended. Start a new one.", statusCode: 409, extensions: new Dictionary<string, object?> { ["code"] = "verification_ended" });
            var matches = report.TryGetProperty("callerId", out var callerId)
                ? callerId.GetString() == CallerId
                : CallerId.EndsWith(report.GetProperty("digits").GetString()!, StringComparison.Ordinal);
            _timeline.Add(("reported", 88, matches ? "match" : "no match"));
            if (matches)
                End("verified", null, null);
            else if (--_reportsLeft == 0)
                End("failed", "too_many_reports", "Too many reports named another caller ID. Start a new session.");
            return TypedResults.Json(new { id = Id, status = _status, report = matches ? "match" : "no_match", reportsLeft = _reportsLeft });
        }
    }

    private object View() => new
    {
        id = Id,
        status = _status,
        to = "+46701740605",
        channel = "flash_call",
        flashCall = new { callerIdPrefix = CallerId[..9], callerIdLength = CallerId.Length, enterDigits = EnterDigits },
        reportsLeft = _reportsLeft,
        reason = _reason,
        detail = _detail,
        createdAt = Start,
        expiresAt = Start.AddMinutes(2),
        somethingNew = new { of = "a later version" },
        timeline = _timeline.Select(step => new { step = step.Step, at = Start.AddMilliseconds(step.At), detail = step.Detail }).ToArray(),
    };

    private IResult CallLog(HttpContext context)
    {
        var after = int.Parse(context.Request.Query["after"].ToString(), CultureInfo.InvariantCulture);
        lock (_lock)
            return TypedResults.Json(_calls.Take(Math.Max(0, _calls.Count - after)).ToArray());
    }
}
