namespace FlashCall.Dialer.Routing;

/// <summary>What one call showed about the trunk that carried it, whatever became of the call itself.</summary>
internal abstract record TrunkOutcome
{
    private static readonly Ok Worked = new();

    private TrunkOutcome()
    {
    }

    /// <summary>The trunk works: it let a phone ring or be picked up, or refused for the callee's sake.</summary>
    internal sealed record Ok : TrunkOutcome;

    /// <summary>The trunk does not work: a 5xx, no answer at all, nothing to send the INVITE over.</summary>
    internal sealed record Failed : TrunkOutcome;

    /// <summary>The trunk asked to be left alone for a time (503 with Retry-After, RFC 3261 §21.5.4).</summary>
    /// <param name="RetryAfter">For how long; more than zero.</param>
    internal sealed record Busy(TimeSpan RetryAfter) : TrunkOutcome;

    /// <summary>What a response to an INVITE shows.</summary>
    /// <param name="status">The SIP status, 100 to 699.</param>
    /// <param name="retryAfter">Its Retry-After, if it has one.</param>
    /// <returns>Null where it shows nothing yet: 100 says only that the next hop has the INVITE.</returns>
    public static TrunkOutcome? OfStatus(int status, TimeSpan? retryAfter) => status switch
    {
        <= 100 => null,
        // Without Retry-After it is to be taken for a 500.
        503 when retryAfter > TimeSpan.Zero => new Busy(retryAfter.Value),
        >= 500 and < 600 => new Failed(),
        _ => Worked,
    };
}
