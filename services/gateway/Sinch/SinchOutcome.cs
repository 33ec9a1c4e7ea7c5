using System.Globalization;

namespace FlashCall.Gateway.Sinch;

/// <summary>Where a session stands, in the words of this surface.</summary>
/// <param name="Status"><c>PENDING</c>, <c>SUCCESSFUL</c>, <c>FAIL</c>, <c>DENIED</c>, <c>ABORTED</c> or <c>ERROR</c>.</param>
/// <param name="Reason">Why it ended so; null where nothing is known, or there is no word for it.</param>
internal sealed record SinchOutcome(string Status, string? Reason = null)
{
    /// <summary>A wrong number was reported.</summary>
    public static readonly SinchOutcome WrongNumber = new("FAIL", "Invalid CLI");

    private const string NoWay = "Network error or number unreachable";
    private static readonly SinchOutcome Pending = new("PENDING");
    private static readonly SinchOutcome Successful = new("SUCCESSFUL");
    private static readonly SinchOutcome Broken = new("ERROR", "Internal error");

    /// <summary>The outcome of a session.</summary>
    /// <param name="status">Its status.</param>
    /// <param name="reason">Its reason.</param>
    public static SinchOutcome Of(string status, string? reason) => status switch
    {
        "verified" => Successful,
        "failed" => Failed(reason),
        "denied" => new SinchOutcome("DENIED", Denial(reason)),
        "expired" => new SinchOutcome("FAIL", "Expired"),
        // By a newer start for the number, or by the client over the other API.
        "superseded" or "cancelled" => new SinchOutcome("ABORTED"),
        "error" => Broken,
        _ => Pending,
    };

    /// <summary>What a start is answered whose session has ended before there was a call: an error, upon which a phone does not wait for a
    /// call that does not come.</summary>
    /// <param name="status">The session's status.</param>
    /// <param name="reason">Its reason.</param>
    public static SinchError AtStart(string status, string? reason) => (status, reason) switch
    {
        ("denied", "callback_invalid") =>
            new SinchError(SinchError.CallbackAnswer, "Invalid callback: the application's callback did not answer allow or deny."),
        ("denied", "spend_cap") => new SinchError(SinchError.Credit, "Not enough credit: the application's calls have reached their cap."),
        ("denied", _) => new SinchError(SinchError.Forbidden, Denial(reason)),
        (_, "callee_limit" or "client_limit") =>
            new SinchError(SinchError.Velocity, "This number was called too often, or this device asked too often. Try again later."),
        (_, "pool_limit" or "no_caller_id" or "pool_too_small" or "congested") =>
            new SinchError(SinchError.Capacity, "No call can be placed to this number at present. Try again later, or another way."),
        ("superseded" or "cancelled", _) =>
            new SinchError(SinchError.Conflict, "A newer start for this number took the place of this one."),
        _ => SinchError.NotAvailable,
    };

    /// <summary>How the call went: <c>ANSWERED</c>, <c>CANCEL</c> (it rang, and was ended as it should), <c>BUSY</c>, <c>NO_ANSWER</c> or
    /// <c>FAILED</c>; null before it is over.</summary>
    public static string? CallResult(IEnumerable<SinchSession.Step> timeline) =>
        timeline.Select(step => step.Name switch
        {
            "hung_up" => "CANCEL",
            "answered" => "ANSWERED",
            "call_not_placed" => "FAILED",
            "call_ended" => step.Detail switch
            {
                "Busy" or "Rejected" => "BUSY",
                "Unreachable" or "NotRinging" => "NO_ANSWER",
                "Cancelled" => "CANCEL",
                _ => "FAILED",
            },
            _ => null,
        }).LastOrDefault(result => result is not null);

    /// <summary>A time as this surface writes it: in UTC, without saying so.</summary>
    public static string TimeOf(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff", CultureInfo.InvariantCulture);

    private static SinchOutcome Failed(string? reason) => reason switch
    {
        "too_many_reports" or "caller_id_withheld" or "caller_id_rewritten" => WrongNumber,
        "callee_busy" or "call_rejected" or "number_not_in_service" or "callee_unreachable" or "not_ringing" or "network_error" =>
            new SinchOutcome("ERROR", NoWay),
        "callee_limit" or "client_limit" => new SinchOutcome("DENIED", "Blocked"),
        _ => Broken,
    };

    private static string Denial(string? reason) => reason switch
    {
        "callback_denied" => "Denied by callback",
        "callback_invalid" => "Invalid callback",
        "destination_not_allowed" or "range_not_allowed" or "line_type_not_allowed" or "number_not_valid" => "Destination denied",
        "block_listed" => "Blocked",
        "spend_cap" => "Not enough credit",
        _ => "Fraud",
    };
}
