using System.Runtime.InteropServices;

namespace FlashCall.NumberPool.Wear;

/// <summary>What became of one call that went out.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Outcome
{
    /// <param name="path">Which number called, and how.</param>
    /// <param name="at">When it was known (UTC).</param>
    /// <param name="rang">The phone rang.</param>
    /// <param name="answered">The call was picked up: then it rang, too.</param>
    /// <param name="blocked">Something kept the call from ringing that can lie in the caller ID.</param>
    /// <param name="reported">A report came, right or wrong.</param>
    /// <param name="verified">The right caller ID was reported: then it rang, too.</param>
    public Outcome(CallPath path, DateTimeOffset at, bool rang, bool answered, bool blocked, bool reported, bool verified)
    {
        Path = path;
        At = at;
        Rang = rang || answered || verified;
        Answered = answered;
        Blocked = blocked && !Rang;
        Reported = reported || verified;
        Verified = verified;
    }

    /// <summary>Which number called, and how.</summary>
    public CallPath Path { get; }

    /// <summary>When it was known (UTC).</summary>
    public DateTimeOffset At { get; }

    /// <summary>The phone rang.</summary>
    public bool Rang { get; }

    /// <summary>The call was picked up.</summary>
    public bool Answered { get; }

    /// <summary>It did not ring, which can lie in the caller ID.</summary>
    public bool Blocked { get; }

    /// <summary>A report came, right or wrong.</summary>
    public bool Reported { get; }

    /// <summary>The right caller ID was reported.</summary>
    public bool Verified { get; }

    /// <summary>Whether the call says something of the number: it could have been verified.</summary>
    public bool Counts => Rang || Blocked;

    /// <summary>The day (UTC).</summary>
    public DateOnly Day => DateOnly.FromDateTime(At.UtcDateTime);
}

/// <summary>Which number called, and how.</summary>
/// <param name="Number">The number, without its plus sign.</param>
/// <param name="Group">Over which trunk, to where.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct CallPath(long Number, PeerKey Group);

/// <summary>The calls that are measured by each other.</summary>
/// <param name="Trunk">The trunk that had the call.</param>
/// <param name="Destination">The callee's calling code and two digits more (+4670); empty for all destinations together.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PeerKey(string Trunk, string Destination)
{
    /// <summary>All calls over the trunk.</summary>
    public PeerKey WholeTrunk => this with { Destination = "" };
}
