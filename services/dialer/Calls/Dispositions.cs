using FlashCall.Contracts;

namespace FlashCall.Dialer.Calls;

/// <summary>What a final SIP status says about a call.</summary>
internal static class Dispositions
{
    /// <summary>The disposition of a final response to an INVITE (RFC 3261 §21.3 to §21.6).</summary>
    /// <param name="status">300 to 699; 2xx is not a refusal.</param>
    public static CallDisposition OfStatus(int status) => status switch
    {
        486 or 600 => CallDisposition.Busy,
        // 607 and 608: a person, or a service for them, does not want such calls (RFC 8197, RFC 8688).
        403 or 603 or 607 or 608 => CallDisposition.Rejected,
        404 or 484 or 604 => CallDisposition.InvalidNumber,
        480 or 408 or 410 => CallDisposition.Unreachable,
        >= 300 and <= 699 => CallDisposition.TrunkFailed,
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "A refusal has a status of 300 to 699."),
    };
}
