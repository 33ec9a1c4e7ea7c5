using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FlashCall.Chaos.Ledger;

namespace FlashCall.Chaos.Clients;

/// <summary>A client app with its phone: starts a session, does what its habit is, and writes down what it was told.</summary>
internal sealed class Client(ClientPlan plan, string run, Gateways gateways, HttpClient handset)
{
    /// <summary>How long a person waits for the start.</summary>
    private static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(20);

    private readonly List<ToldReport> _reports = [];
    private DateTimeOffset _expiresAt;

    /// <summary>What it was told so far.</summary>
    public ToldClient Told { get; private set; } = new() { Reference = $"{run}-{plan.Number}", IsWilling = plan.IsWilling };

    /// <summary>Whether it was told that its report was right.</summary>
    public bool IsVerified => Told.Reports.Any(report => report.Answer == "match");

    /// <summary>Whether it waits for its phone to ring: in vain once its session has ended, which it does not look at.</summary>
    public bool IsWaitingForRing { get; private set; }

    /// <summary>Its phone's number.</summary>
    public string Phone { get; } = Phones.NumberOf(plan.Phone, plan.Number);

    /// <summary>What a start was answered with that neither began a session nor was to be tried again; null if all was well.</summary>
    public string? Complaint { get; private set; }

    /// <summary>Verifies, or what its habit makes of that.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var start = new { to = Phone, purpose = "login", reference = Told.Reference };
        var answer = await gateways.AskAsync(
            HttpMethod.Post, "/v1/verifications", start, Told.Reference, DateTimeOffset.UtcNow + StartWithin, cancellationToken);
        if (answer is null)
            return;
        if (answer.Status != HttpStatusCode.Created)
        {
            Complaint = $"the start of client {Told.Reference} was answered {(int)answer.Status} {answer.Text("code")}";
            return;
        }
        _expiresAt = answer.Body.GetProperty("expiresAt").GetDateTimeOffset();
        Told = Told with { VerificationId = answer.Body.GetProperty("id").GetGuid() };
        await (plan.Habit switch
        {
            ClientHabit.Never => Task.CompletedTask,
            ClientHabit.Cancel => CancelAsync(cancellationToken),
            ClientHabit.Late => ReportLateAsync(cancellationToken),
            _ => ReportAsync(cancellationToken),
        });
    }

    /// <summary>Asks how its session stands, once all is quiet.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        if (Told.VerificationId is not { } id)
            return;
        var answer = await gateways.AskAsync(
            HttpMethod.Get, $"/v1/verifications/{id}", body: null, key: null, DateTimeOffset.UtcNow + StartWithin, cancellationToken);
        Told = Told with { LastStatus = answer is null ? null : answer.Text("status") ?? $"{(int)answer.Status} {answer.Text("code")}" };
    }

    /// <summary>The calls that its phone has seen.</summary>
    public async Task<IEnumerable<PhoneCall>> CallsAsync(CancellationToken cancellationToken)
    {
        var calls = await handset.GetFromJsonAsync<JsonElement>($"/phones/{Phone}/calls", cancellationToken);
        return calls.EnumerateArray().Select(call => new PhoneCall(
            Phone, call.GetProperty("callerId").GetString(), call.GetProperty("sipCallId").GetString()!,
            call.GetProperty("invitedAt").GetDateTimeOffset(), TimeOf(call, "rangAt"), TimeOf(call, "endedAt"))).ToList();
    }

    private static DateTimeOffset? TimeOf(JsonElement call, string field) =>
        call.GetProperty(field) is { ValueKind: JsonValueKind.String } time ? time.GetDateTimeOffset() : null;

    private async Task CancelAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(plan.Hesitation, cancellationToken);
        var answer = await gateways.AskAsync(
            HttpMethod.Post, $"/v1/verifications/{Told.VerificationId}/cancel", new { }, key: null, _expiresAt, cancellationToken);
        Told = Told with { Cancelled = answer?.Status == HttpStatusCode.OK };
    }

    private async Task ReportLateAsync(CancellationToken cancellationToken)
    {
        if (await ShownAsync(cancellationToken) is not { } shown)
            return;
        var left = _expiresAt - DateTimeOffset.UtcNow + plan.Hesitation;
        if (left > TimeSpan.Zero)
            await Task.Delay(left, cancellationToken);
        await SendAsync(shown, isRight: true, _expiresAt + StartWithin, cancellationToken);
    }

    private async Task ReportAsync(CancellationToken cancellationToken)
    {
        if (await ShownAsync(cancellationToken) is not { } shown)
            return;
        await Task.Delay(plan.Hesitation, cancellationToken);
        // Another number of the same length: the last digit is the next one.
        var other = shown[..^1] + (char)('0' + (shown[^1] - '0' + 1) % 10);
        if (plan.Habit is ClientHabit.WrongThenRight && await SendAsync(other, isRight: false, _expiresAt, cancellationToken) != "no_match")
            return;
        if (plan.Habit is not ClientHabit.Wrong)
            await SendAsync(shown, isRight: true, _expiresAt, cancellationToken);
        while (plan.Habit is ClientHabit.Wrong && await SendAsync(other, isRight: false, _expiresAt, cancellationToken) == "no_match")
        {
        }
    }

    /// <summary>The number on the phone's display, once it rings; null if it does not while the session lives.</summary>
    private async Task<string?> ShownAsync(CancellationToken cancellationToken)
    {
        IsWaitingForRing = true;
        var shown = await WaitForRingAsync(cancellationToken);
        IsWaitingForRing = false;
        return shown;
    }

    private async Task<string?> WaitForRingAsync(CancellationToken cancellationToken)
    {
        while (DateTimeOffset.UtcNow < _expiresAt)
        {
            var left = Math.Clamp((int)Math.Ceiling((_expiresAt - DateTimeOffset.UtcNow).TotalSeconds), 1, 20);
            var calls = await handset.GetFromJsonAsync<JsonElement>($"/phones/{Phone}/calls?wait={left}", cancellationToken);
            var rung = calls.EnumerateArray().FirstOrDefault(call => TimeOf(call, "rangAt") is not null);
            if (rung.ValueKind == JsonValueKind.Object)
                return rung.GetProperty("callerId").GetString();
            // A phone that is called and does not ring ends the wait early.
            await Task.Delay(TimeSpan.FromMilliseconds(250), cancellationToken);
        }
        return null;
    }

    /// <returns>The answer; null if there was none.</returns>
    private async Task<string?> SendAsync(string callerId, bool isRight, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var answer = await gateways.AskAsync(
            HttpMethod.Post, $"/v1/verifications/{Told.VerificationId}/report", new { callerId, source = "intercepted" }, key: null, until,
            cancellationToken);
        if (answer is null)
            return null;
        var said = answer.Text("report") ?? answer.Text("code") ?? $"{(int)answer.Status}";
        _reports.Add(new ToldReport(isRight, said));
        Told = Told with { Reports = [.. _reports] };
        return said;
    }
}
