using System.Runtime.InteropServices;
using FlashCall.Contracts;

namespace FlashCall.Dialer.Calls;

/// <summary>What a call wants done.</summary>
internal abstract record CallAction
{
    private CallAction()
    {
    }

    /// <summary>Look for a trunk that has room for the call and was not tried before.</summary>
    internal sealed record SeekTrunk : CallAction;

    /// <summary>Send the INVITE to the trunk.</summary>
    /// <param name="Again">In what it differs from the one before; null for the first to this trunk.</param>
    internal sealed record SendInvite(InviteAgain? Again) : CallAction;

    /// <summary>Send the CANCEL.</summary>
    internal sealed record SendCancel : CallAction;

    /// <summary>Acknowledge a 2xx within its dialog.</summary>
    internal sealed record SendAck(string Dialog) : CallAction;

    /// <summary>End a dialog.</summary>
    internal sealed record SendBye(string Dialog) : CallAction;

    /// <summary>Tell the platform that the phone rings.</summary>
    /// <param name="InvitedAt">When the call's first INVITE was sent.</param>
    /// <param name="RangAt">When the first 180 came.</param>
    internal sealed record ReportRinging(DateTimeOffset InvitedAt, DateTimeOffset RangAt) : CallAction;

    /// <summary>Tell the platform that the call is over.</summary>
    internal sealed record ReportEnd(CallEnd End) : CallAction;
}

/// <summary>How and when a call ended.</summary>
internal sealed record CallEnd
{
    /// <summary>How it went.</summary>
    public required CallDisposition Disposition { get; init; }

    /// <summary>The INVITE's final status, where there was one.</summary>
    public int? SipStatus { get; init; }

    /// <summary>When the call's first INVITE was sent; null if none was.</summary>
    public DateTimeOffset? InvitedAt { get; init; }

    /// <summary>When the first 180 came; null if none did.</summary>
    public DateTimeOffset? RangAt { get; init; }

    /// <summary>When it was over.</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>Whether the call is billed.</summary>
    public bool Answered => Disposition == CallDisposition.Answered;
}

/// <summary>The limits of one call, whatever trunks it tries.</summary>
/// <param name="PostDialDelayCap">From the first INVITE to the first 180 at most.</param>
/// <param name="NotAfter">No INVITE after this time.</param>
/// <param name="CancelTimeout">From the CANCEL to when the call is over for us without a final response: 64·T1 (RFC 3261 §9.1).</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct CallLimits(TimeSpan PostDialDelayCap, DateTimeOffset NotAfter, TimeSpan CancelTimeout);
