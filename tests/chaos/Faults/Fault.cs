namespace FlashCall.Chaos.Faults;

/// <summary>What is done to the platform.</summary>
internal enum FaultKind
{
    /// <summary>SIGKILL, and started again at once.</summary>
    Kill,

    /// <summary>SIGSTOP, and SIGCONT after a while.</summary>
    Freeze,

    /// <summary>SIGTERM, and started again when it has ended.</summary>
    Restart,

    /// <summary>Its connections are reset.</summary>
    Cut,

    /// <summary>Its connections stand still for a while: neither data nor errors.</summary>
    Stall,

    /// <summary>Its connections take longer for a while.</summary>
    Slow,
}

/// <summary>A fault that was.</summary>
/// <param name="Fault">Which.</param>
/// <param name="From">When it began (UTC).</param>
/// <param name="To">When what it hit was back: a replica ready, a server started (UTC).</param>
internal sealed record Injected(Fault Fault, DateTimeOffset From, DateTimeOffset To);

/// <summary>A fault.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Target">To whom: a replica (<c>dialer-2</c>), <c>postgres</c> or <c>rabbitmq</c>; of <see cref="FaultKind.Cut"/>,
/// <see cref="FaultKind.Stall"/> and <see cref="FaultKind.Slow"/>, whose connections to which server (<c>dialer-2 to postgres</c>,
/// <c>all to rabbitmq</c>).</param>
/// <param name="Length">How long it lasts; zero for what is over at once.</param>
/// <param name="Pause">How long nothing new is done after it has begun and lasted.</param>
internal sealed record Fault(FaultKind Kind, string Target, TimeSpan Length, TimeSpan Pause)
{
    public override string ToString() =>
        Length > TimeSpan.Zero ? $"{Kind} {Target} for {Length.TotalSeconds:0.0} s" : $"{Kind} {Target}";
}
