namespace FlashCall.Load;

/// <summary>What came of one client at one rate.</summary>
internal sealed record Try
{
    /// <summary>Calls a second that were asked for.</summary>
    public required int Rate { get; init; }

    /// <summary>Calls that were asked for.</summary>
    public required int Calls { get; init; }

    /// <summary>Calls that took the course of a flash call: 100, 180, CANCEL, 200, 487, ACK.</summary>
    public required int Succeeded { get; init; }

    /// <summary>Messages that the client sent again.</summary>
    public required long Retransmitted { get; init; }

    /// <summary>From the first call's beginning to the last one's end.</summary>
    public required double Seconds { get; init; }

    /// <summary>CPU time of the client's process.</summary>
    public required double CpuSeconds { get; init; }

    /// <summary>How long one call takes when nothing delays it.</summary>
    public required double CallSeconds { get; init; }

    /// <summary>CPU time of the client for one call, in µs.</summary>
    public double CpuMicrosecondsPerCall => CpuSeconds / Calls * 1e6;

    public int Failed => Calls - Succeeded;

    /// <summary>
    /// Whether the rate is one that goes on: no call failed, hardly a message had to be repeated, and the client kept to its times, since
    /// one that falls behind only moves the failures to later.
    /// </summary>
    public bool Holds => Failed == 0 && Retransmitted <= Calls / 100 && Seconds <= (double)Calls / Rate * 1.05 + CallSeconds + 0.25;
}
