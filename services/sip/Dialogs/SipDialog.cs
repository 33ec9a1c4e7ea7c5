using System.Net;

namespace FlashCall.Sip;

/// <summary>
/// What two sides of an answered call share (RFC 3261 §12): tags, where requests go, the next number. Enough to acknowledge the call and
/// end it. Immutable but for the number; one thread at a time.
/// </summary>
public sealed class SipDialog
{
    private readonly SipAddress _local;
    private readonly SipAddress _remote;
    private readonly SipUri _remoteTarget;
    private readonly IReadOnlyList<SipAddress> _routes;
    private readonly uint _inviteSequence;
    private uint _sequence;

    private SipDialog(
        string callId, SipAddress local, SipAddress remote, SipUri remoteTarget, IReadOnlyList<SipAddress> routes, uint sequence)
    {
        CallId = callId;
        _local = local;
        _remote = remote;
        _remoteTarget = remoteTarget;
        _routes = routes;
        _inviteSequence = _sequence = sequence;
    }

    /// <summary>The call.</summary>
    public string CallId { get; }

    /// <summary>Our side; empty if we did not set a tag.</summary>
    public string LocalTag => _local.Tag ?? "";

    /// <summary>The peer's side: tells the forks of one INVITE apart; empty if the peer set none.</summary>
    public string RemoteTag => _remote.Tag ?? "";

    /// <summary>Where requests go: the first route, else the peer's Contact (§12.2.1.1). For the way there see
    /// <see cref="SipRouting"/>.</summary>
    public SipUri NextHopUri => _routes.Count > 0 ? _routes[0].Uri : _remoteTarget;

    /// <summary>The caller's side, from its INVITE and a response to it that has a To tag (§12.1.2).</summary>
    public static SipDialog OfCaller(SipRequest invite, SipResponse response) => new(
        invite.CallId,
        invite.From,
        response.To,
        response.Contact?.Uri ?? invite.Uri,
        [.. response.Addresses(SipHeaderName.RecordRoute).Reverse()],
        invite.CSeq.Number);

    /// <summary>The called side, from the INVITE and the tag it was answered with (§12.1.1).</summary>
    public static SipDialog OfCalled(SipRequest invite, string localTag) => new(
        invite.CallId,
        invite.To.Tag is null ? invite.To.WithTag(localTag) : invite.To,
        invite.From,
        invite.Contact?.Uri ?? invite.From.Uri,
        [.. invite.Addresses(SipHeaderName.RecordRoute)],
        sequence: 0);

    /// <summary>The address of <see cref="NextHopUri"/>, or another one where it names a host that would have to be resolved.</summary>
    /// <param name="fallback">Where the INVITE went to or came from.</param>
    public IPEndPoint NextHop(IPEndPoint fallback) => NextHopUri.EndPoint ?? fallback;

    /// <summary>The ACK to the 2xx (§13.2.2.4), with the number of the INVITE. For the caller.</summary>
    public SipRequest CreateAck() => Create(SipMethod.Ack, _inviteSequence);

    /// <summary>The next request of the dialog, such as BYE.</summary>
    public SipRequest CreateRequest(string method) => Create(method, ++_sequence);

    private SipRequest Create(string method, uint sequence)
    {
        // A first route without lr is a strict router, which finds itself in the Request-URI and the peer as the last route.
        var strict = _routes.Count > 0 && !_routes[0].Uri.Parameters.Contains("lr");
        var request = SipRequest.Create(method, strict ? _routes[0].Uri : _remoteTarget, _local, _remote, CallId, sequence);
        foreach (var route in strict ? _routes.Skip(1) : _routes)
            request.Headers.Add(SipHeaderName.Route, route.Text);
        if (strict)
            request.Headers.Add(SipHeaderName.Route, new SipAddress(_remoteTarget).Text);
        return request;
    }
}
