using FlashCall.Contracts;
using FlashCall.Dialer.Routing;
using FlashCall.Dialer.Signalling;
using FlashCall.Dialer.Trunks;
using FlashCall.Sip;

namespace FlashCall.Dialer.Calls;

/// <summary>A call's time on one trunk: where its INVITE goes, and in what other way the same trunk can be asked.</summary>
/// <param name="turn">The room that the call has there.</param>
/// <param name="hops">The trunk's addresses, in the order they are tried; one at least.</param>
/// <param name="digest">What its challenges are answered with; null where we have no credentials.</param>
internal sealed class CallOnTrunk(TrunkLeg turn, IReadOnlyList<SipHop> hops, SipDigest? digest)
{
    // A chain of servers that point to each other has to end somewhere; carriers need one step.
    private const int MaxRedirects = 3;

    private int _address;
    private int _redirects;
    private int _challenges;
    private Redirection? _redirection;
    private SipRequest? _authorized;

    /// <summary>The room that the call has there, and who hears how the trunk does.</summary>
    public TrunkLeg Turn { get; } = turn;

    /// <summary>The trunk.</summary>
    public Trunk Trunk => Turn.Trunk;

    /// <summary>Where the INVITE goes, or went last.</summary>
    public SipHop Hop => _redirection?.Hop ?? hops[_address];

    /// <summary>Whether an INVITE went out.</summary>
    public bool IsDialled { get; set; }

    /// <summary>The call is over here.</summary>
    public void Leave()
    {
        if (IsDialled)
            Turn.Dispose();
        else
            Turn.GiveBack();
    }

    /// <summary>In what other way the trunk can be asked after a refusal; null for none.</summary>
    /// <param name="invite">The INVITE.</param>
    /// <param name="response">A final response other than 2xx.</param>
    public InviteAgain? AfterRefusal(SipClientTransaction invite, SipResponse response) => response.Status switch
    {
        401 or 407 => digest?.TryAnswer(invite.Request, response, _challenges++, out _authorized) is SipDigestOutcome.Answered
            ? InviteAgain.WithCredentials
            : null,
        // Only this status speaks of one server and not of the whole trunk (RFC 3263 §4.3).
        503 => AfterFailure(),
        _ => null,
    };

    /// <summary>In what other way the trunk can be asked when an address cannot be reached; null for none.</summary>
    public InviteAgain? AfterFailure() => _redirection is null && _address + 1 < hops.Count ? InviteAgain.ToNextAddress : null;

    /// <summary>Where a 3xx points to, if it is to be followed: the first of its contacts that is a SIP address.</summary>
    /// <param name="response">The response.</param>
    public SipUri? RedirectOf(SipResponse response) =>
        Trunk.AllowRedirects && response.Status is >= 300 and < 400 && _redirects < MaxRedirects
            ? response.Addresses(SipHeaderName.Contact).Select(contact => contact.Uri).FirstOrDefault(uri => uri.Scheme is "sip" or "sips")
            : null;

    /// <summary>The next INVITE goes where a 3xx pointed to.</summary>
    /// <param name="hop">The way there.</param>
    /// <param name="uri">Its Request-URI.</param>
    public void Redirect(SipHop hop, SipUri uri)
    {
        _redirects++;
        _redirection = new Redirection(hop, uri);
    }

    /// <summary>The first INVITE to a trunk that asks every call for credentials, with them; null where none are known.</summary>
    /// <param name="command">The call.</param>
    public SipRequest? Authorized(PlaceFlashCall command)
    {
        if (digest is null)
            return null;
        var invite = InviteRequest.Create(command.Callee, command.CallerId, Trunk, Hop);
        digest.Authorize(invite);
        return invite;
    }

    /// <summary>The INVITE that asks again.</summary>
    /// <param name="before">The one before.</param>
    /// <param name="again">In what they differ.</param>
    public SipRequest Next(SipRequest before, InviteAgain again)
    {
        switch (again)
        {
            case InviteAgain.WithCredentials:
                return _authorized!;
            case InviteAgain.ToNextAddress:
                _address++;
                return Unauthorized(before.Again());
            case InviteAgain.WhereRedirected:
                return Unauthorized(before.Again(_redirection!.Uri));
            default:
                throw new ArgumentOutOfRangeException(nameof(again));
        }
    }

    // Credentials are good for one request to one URI; this is another server, which may not be meant to see them.
    private static SipRequest Unauthorized(SipRequest invite)
    {
        invite.Headers.Remove(SipHeaderName.Authorization);
        invite.Headers.Remove(SipHeaderName.ProxyAuthorization);
        return invite;
    }

    /// <summary>Where a 3xx pointed to.</summary>
    private sealed record Redirection(SipHop Hop, SipUri Uri);
}
