namespace FlashCall.Dialer.Calls;

/// <summary>What happens to a call, from the network, the clock or the platform.</summary>
/// <param name="At">When (UTC).</param>
internal abstract record CallInput(DateTimeOffset At)
{
    /// <summary>The attempt is recorded: dial.</summary>
    internal sealed record Start(DateTimeOffset At) : CallInput(At);

    /// <summary>A trunk has room for the call.</summary>
    /// <param name="At">When.</param>
    /// <param name="RingTime">From the first 180 to the CANCEL on this trunk.</param>
    /// <param name="PostDialDelayCap">From the INVITE to the first 180 on this trunk at most.</param>
    internal sealed record TrunkFound(DateTimeOffset At, TimeSpan RingTime, TimeSpan PostDialDelayCap) : CallInput(At);

    /// <summary>No trunk, or no further one, takes the call.</summary>
    /// <param name="At">When.</param>
    /// <param name="Congested">Whether there are trunks for it that only had no room.</param>
    internal sealed record NoTrunk(DateTimeOffset At, bool Congested) : CallInput(At);

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
    /// <param name="Dialog">Tells the dialogs of forks apart.</param>
    /// <param name="Late">Whether it answers an INVITE that had its final response, after which another one was sent.</param>
    internal sealed record Success(DateTimeOffset At, int Status, string Dialog, bool Late) : CallInput(At);

    /// <summary>A final response to the INVITE of 300 to 699.</summary>
    /// <param name="At">When.</param>
    /// <param name="Status">The SIP status.</param>
    /// <param name="Again">What the same trunk could be asked with; null if with nothing new.</param>
    internal sealed record Refusal(DateTimeOffset At, int Status, InviteAgain? Again) : CallInput(At);

    /// <summary>The INVITE was never answered (Timer B, RFC 3261 §17.1.1.2).</summary>
    internal sealed record NoAnswer(DateTimeOffset At) : CallInput(At);

    /// <summary>The connection broke after the INVITE had, or may have, reached the trunk.</summary>
    internal sealed record ConnectionLost(DateTimeOffset At) : CallInput(At);

    /// <summary>The INVITE cannot be sent: no route, port unreachable, connection refused.</summary>
    /// <param name="At">When.</param>
    /// <param name="Again">What the same trunk could be asked with; null if with nothing new.</param>
    internal sealed record NoTransport(DateTimeOffset At, InviteAgain? Again) : CallInput(At);

    /// <summary>The clock has passed what <see cref="CallDecider.Deadline"/> said, or an earlier value of it.</summary>
    internal sealed record DeadlinePassed(DateTimeOffset At) : CallInput(At);

    /// <summary>The process cannot wait for the call any longer.</summary>
    internal sealed record Abandon(DateTimeOffset At) : CallInput(At);
}

/// <summary>In what a further INVITE to the same trunk differs from the one before.</summary>
internal enum InviteAgain
{
    /// <summary>It has the credentials that a 401 or 407 asked for (RFC 3261 §22).</summary>
    WithCredentials,

    /// <summary>It goes where a 3xx pointed to (RFC 3261 §8.1.3.4).</summary>
    WhereRedirected,

    /// <summary>It goes to the next address of the trunk (RFC 3263 §4.3).</summary>
    ToNextAddress,
}
