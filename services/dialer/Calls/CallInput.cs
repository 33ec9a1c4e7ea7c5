namespace FlashCall.Dialer.Calls;

/// <summary>What happens to a call, from the network, the clock or the platform.</summary>
/// <param name="At">When (UTC).</param>
internal abstract record CallInput(DateTimeOffset At)
{
    /// <summary>The attempt is recorded: dial.</summary>
    internal sealed record Start(DateTimeOffset At) : CallInput(At);

    /// <summary>End the call.</summary>
    /// <param name="At">When.</param>
    /// <param name="Reason">Who asks.</param>
    internal sealed record HangUp(DateTimeOffset At, CancelReason Reason) : CallInput(At);

    /// <summary>A provisional response to the INVITE, 100 to 199.</summary>
    /// <param name="At">When.</param>
    /// <param name="Status">The SIP status.</param>
    internal sealed record Provisional(DateTimeOffset At, int Status) : CallInput(At);

    /// <summary>A 2xx to the INVITE; each retransmission and each fork comes here too (RFC 3261 §13.2.2.4).</summary>
    /// <param name="At">When.</param>
    /// <param name="Status">The SIP status.</param>
    /// <param name="ToTag">Tells the dialogs of forks apart.</param>
    internal sealed record Success(DateTimeOffset At, int Status, string ToTag) : CallInput(At);

    /// <summary>A final response to the INVITE of 300 to 699.</summary>
    /// <param name="At">When.</param>
    /// <param name="Status">The SIP status.</param>
    internal sealed record Refusal(DateTimeOffset At, int Status) : CallInput(At);

    /// <summary>The INVITE was never answered (Timer B, RFC 3261 §17.1.1.2).</summary>
    internal sealed record NoAnswer(DateTimeOffset At) : CallInput(At);

    /// <summary>The INVITE cannot be sent: no such trunk, no route, port unreachable.</summary>
    internal sealed record NoTransport(DateTimeOffset At) : CallInput(At);

    /// <summary>The clock has passed what <see cref="CallDecider.Deadline"/> said, or an earlier value of it.</summary>
    internal sealed record DeadlinePassed(DateTimeOffset At) : CallInput(At);

    /// <summary>The process cannot wait for the call any longer.</summary>
    internal sealed record Abandon(DateTimeOffset At) : CallInput(At);
}
