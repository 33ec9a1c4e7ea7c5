using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace FlashCall.Sip;

/// <summary>What can be done about a 401 or 407.</summary>
public enum SipDigestOutcome
{
    /// <summary>The request can go again, with credentials.</summary>
    Answered,

    /// <summary>The peer has seen our credentials and does not take them: check user name and password.</summary>
    Refused,

    /// <summary>The peer asks for what we cannot give: another scheme than Digest, another hash than MD5 and SHA-256, or
    /// <c>qop=auth-int</c> alone; or it asks for nothing.</summary>
    Unsupported,
}

/// <summary>
/// Our side of digest authentication with one peer (RFC 3261 §22, RFC 7616, RFC 8760). Make one for each trunk: it remembers the nonces,
/// so that further requests carry credentials before they are asked for them. Any number of calls may use it at once.
/// </summary>
public sealed class SipDigest
{
    /// <summary>The most challenges that one request is sent again for: a proxy's, a server's, and one with a nonce that was too old.
    /// </summary>
    public const int MaxChallenges = 3;

    private const int MaxRealms = 8;
    private const string FirstUse = "00000001";

    private readonly SipCredentials _credentials;
    private readonly Func<string> _newClientNonce;
    private readonly Lock _gate = new();
    // By header field and realm: a proxy and a server behind it may both ask.
    private readonly Dictionary<(string Header, string Realm), Session> _sessions = [];

    /// <summary>Knows no nonce yet.</summary>
    public SipDigest(SipCredentials credentials)
        : this(credentials, () => RandomNumberGenerator.GetHexString(32, lowercase: true))
    {
    }

    internal SipDigest(SipCredentials credentials, Func<string> newClientNonce)
    {
        _credentials = credentials;
        _newClientNonce = newClientNonce;
    }

    /// <summary>Gives a request the credentials that the peer asked for last time; nothing if it has not asked yet, or asks in a way in
    /// which a nonce is good for one use. Saves the round trip of a challenge (RFC 7616 §3.3, §3.6).</summary>
    /// <param name="request">A request that was not sent yet.</param>
    public void Authorize(SipRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        lock (_gate)
        {
            foreach (var ((header, _), session) in _sessions)
            {
                if (session.Challenge.HasQop)
                    request.Headers.Add(header, Answer(session, request));
            }
        }
    }

    /// <summary>Makes the request that answers a 401 or 407: the same call and caller, the next number, without a Via, since it is
    /// a transaction of its own (RFC 3261 §22.2, §8.1.3.5).</summary>
    /// <param name="request">The request as it was sent.</param>
    /// <param name="challenge">The response.</param>
    /// <param name="answered">How many challenges to this request have been answered before; from <see cref="MaxChallenges"/> on it is
    /// refused, whatever the peer says.</param>
    /// <param name="again">The request to send.</param>
    public SipDigestOutcome TryAnswer(SipRequest request, SipResponse challenge, int answered, out SipRequest? again)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(challenge);
        again = null;
        var (asks, header) = challenge.Status switch
        {
            401 => (SipHeaderName.WwwAuthenticate, SipHeaderName.Authorization),
            407 => (SipHeaderName.ProxyAuthenticate, SipHeaderName.ProxyAuthorization),
            _ => throw new ArgumentException("Only a 401 and a 407 ask for credentials (RFC 3261 §22).", nameof(challenge)),
        };
        var asked = new List<DigestChallenge>();
        // The strongest of each realm, and of equals the first (RFC 8760 §2.4).
        foreach (var value in challenge.Headers.All(asks))
        {
            if (!DigestChallenge.TryParse(value, out var one))
                continue;
            var same = asked.FindIndex(other => other.Realm == one.Realm);
            if (same < 0)
                asked.Add(one);
            else if (one.Algorithm.Hash > asked[same].Algorithm.Hash)
                asked[same] = one;
        }
        if (asked.Count == 0)
            return SipDigestOutcome.Unsupported;
        if (answered >= MaxChallenges || asked.Exists(one => IsRefusal(request, header, one)))
        {
            Forget(header, asked);
            return SipDigestOutcome.Refused;
        }
        again = request.Again();
        RemoveCredentials(again, header, asked);
        lock (_gate)
        {
            foreach (var one in asked)
                again.Headers.Add(header, Answer(Begin(header, one), again));
        }
        return SipDigestOutcome.Answered;
    }

    /// <summary>The value of <c>response</c> (RFC 7616 §3.4.1; without a count RFC 2069).</summary>
    internal static string Response(
        DigestChallenge challenge, SipCredentials credentials, string method, string uri, string clientNonce, string? count)
    {
        var hash = challenge.Algorithm;
        var secret = hash.Of($"{credentials.UserName}:{challenge.Realm}:{credentials.Password}");
        if (hash.IsSession)
            secret = hash.Of($"{secret}:{challenge.Nonce}:{clientNonce}");
        var asked = hash.Of($"{method}:{uri}");
        return count is null
            ? hash.Of($"{secret}:{challenge.Nonce}:{asked}")
            : hash.Of($"{secret}:{challenge.Nonce}:{count}:{clientNonce}:auth:{asked}");
    }

    /// <summary>Whether the peer has judged our credentials, and not merely an old nonce. Those with a count above one were given before
    /// they were asked for, with a nonce that the peer may have forgotten without saying so.</summary>
    private static bool IsRefusal(SipRequest request, string header, DigestChallenge challenge)
    {
        if (challenge.IsStale)
            return false;
        foreach (var value in request.Headers.All(header))
        {
            if (DigestParameters.TryParse(value, out var given) && given.GetValueOrDefault("realm") == challenge.Realm
                && given.GetValueOrDefault("nc", FirstUse) == FirstUse)
            {
                return true;
            }
        }
        return false;
    }

    private static void RemoveCredentials(SipRequest request, string header, List<DigestChallenge> asked)
    {
        var kept = request.Headers.All(header)
            .Where(value => !DigestParameters.TryParse(value, out var given)
                || !asked.Exists(one => one.Realm == given.GetValueOrDefault("realm")))
            .ToList();
        request.Headers.Remove(header);
        foreach (var value in kept)
            request.Headers.Add(header, value);
    }

    private Session Begin(string header, DigestChallenge challenge)
    {
        var key = (header, challenge.Realm);
        if (_sessions.TryGetValue(key, out var known) && known.Challenge.Nonce == challenge.Nonce)
            return known;
        // A peer that makes up realms does not fill the memory, nor every request.
        if (_sessions.Count >= MaxRealms)
            _sessions.Clear();
        return _sessions[key] = new Session(challenge, _newClientNonce());
    }

    private void Forget(string header, List<DigestChallenge> asked)
    {
        lock (_gate)
        {
            foreach (var one in asked)
                _sessions.Remove((header, one.Realm));
        }
    }

    private string Answer(Session session, SipRequest request)
    {
        var challenge = session.Challenge;
        var uri = request.Uri.Text;
        var count = challenge.HasQop ? (++session.Uses).ToString("x8", CultureInfo.InvariantCulture) : null;
        var response = Response(challenge, _credentials, request.Method, uri, session.ClientNonce, count);
        var text = new StringBuilder("Digest ", 320)
            .Append("username=").Append(SipText.Quote(_credentials.UserName))
            .Append(", realm=").Append(SipText.Quote(challenge.Realm))
            .Append(", nonce=").Append(SipText.Quote(challenge.Nonce))
            .Append(", uri=").Append(SipText.Quote(uri))
            .Append(", response=\"").Append(response).Append('"');
        if (challenge.AlgorithmName is { } algorithm)
            text.Append(", algorithm=").Append(algorithm);
        // RFC 2069 has no client nonce; a session hash does, with or without a quality of protection.
        if (count is not null || challenge.Algorithm.IsSession)
            text.Append(", cnonce=\"").Append(session.ClientNonce).Append('"');
        if (challenge.Opaque is { } opaque)
            text.Append(", opaque=").Append(SipText.Quote(opaque));
        if (count is not null)
            text.Append(", qop=auth, nc=").Append(count);
        return text.ToString();
    }

    private sealed class Session(DigestChallenge challenge, string clientNonce)
    {
        public DigestChallenge Challenge => challenge;

        public string ClientNonce => clientNonce;

        public uint Uses { get; set; }
    }
}
