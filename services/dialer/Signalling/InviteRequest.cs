using FlashCall.Contracts;
using FlashCall.Dialer.Trunks;
using FlashCall.Sip;

namespace FlashCall.Dialer.Signalling;

/// <summary>The INVITE of a flash call.</summary>
internal static class InviteRequest
{
    /// <summary>The name that we give ourselves in requests and responses.</summary>
    public const string Product = "FlashCall";

    /// <summary>The methods that we take.</summary>
    public const string Allowed = "INVITE, ACK, CANCEL, BYE, OPTIONS";

    /// <summary>Makes it, with the caller ID as From and, since we vouch for it, as P-Asserted-Identity (RFC 3325 §9.1), for everyone to
    /// see (RFC 3323 §4.2).</summary>
    /// <param name="callee">The phone to ring.</param>
    /// <param name="callerId">The caller ID to present.</param>
    /// <param name="trunk">The trunk.</param>
    /// <param name="hop">The way to it.</param>
    public static SipRequest Create(PhoneNumber callee, CallerId callerId, Trunk trunk, SipHop hop) =>
        Create(InviteForm.Of(trunk, hop), callee.E164, Presented(callerId, trunk), trunk);

    /// <summary>Sends it as it is, without credentials.</summary>
    /// <param name="stack">The stack.</param>
    /// <param name="client">Gets the responses.</param>
    /// <param name="callee">The phone to ring.</param>
    /// <param name="callerId">The caller ID to present.</param>
    /// <param name="trunk">The trunk.</param>
    /// <param name="hop">The way to it.</param>
    public static SipInviteClientTransaction Send(
        SipStack stack, ISipClient client, PhoneNumber callee, CallerId callerId, Trunk trunk, SipHop hop) =>
        InviteForm.Of(trunk, hop).Written.Send(stack, client, callee.E164, Presented(callerId, trunk));

    /// <summary>Makes it.</summary>
    /// <param name="form">What those of the trunk have in common.</param>
    /// <param name="number">The number to ring: digits, with a plus sign at most, so that nothing in it needs to be escaped.</param>
    /// <param name="presented">The caller ID as the trunk wants it, the same.</param>
    /// <param name="trunk">The trunk.</param>
    public static SipRequest Create(InviteForm form, string number, string presented, Trunk trunk)
    {
        var caller = $"<sip:{presented}@{form.CallerHost}>";
        var called = SipUri.Create(number, form.CalledHost, form.CalledPort);
        var invite = new SipRequest(SipMethod.Invite, called);
        invite.Headers.Add(SipHeaderName.MaxForwards, "70");
        invite.Headers.Add(SipHeaderName.From, $"{caller};tag={SipId.NewTag()}");
        invite.Headers.Add(SipHeaderName.To, $"<{called.Text}>");
        invite.Headers.Add(SipHeaderName.CallId, SipId.NewCallId());
        invite.Headers.Add(SipHeaderName.CSeq, "1 INVITE");
        invite.Headers.Add(SipHeaderName.PAssertedIdentity, caller);
        invite.Headers.Add(SipHeaderName.Privacy, "none");
        invite.Headers.Add(SipHeaderName.Contact, form.Contact);
        invite.Headers.Add(SipHeaderName.Allow, Allowed);
        invite.Headers.Add(SipHeaderName.UserAgent, Product);
        if (trunk.Headers.Count > 0)
        {
            foreach (var (name, value) in trunk.Headers)
                invite.Headers.Add(name, value);
        }
        invite.SetBody("application/sdp", form.Offer);
        return invite;
    }

    private static string Presented(CallerId callerId, Trunk trunk) => trunk.CallerIdFormat switch
    {
        CallerIdFormat.E164 => callerId.E164,
        CallerIdFormat.E164WithoutPlus => callerId.E164[1..],
        CallerIdFormat.National => callerId.National,
        _ => throw new ArgumentOutOfRangeException(nameof(trunk), trunk.CallerIdFormat, "An unknown format of caller IDs."),
    };
}
