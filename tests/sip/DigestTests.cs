using Xunit;

namespace FlashCall.Sip.Tests;

/// <summary>RFC 3261 §22, RFC 7616, RFC 8760.</summary>
public sealed class DigestTests
{
    private const string Modern =
        "realm=\"http-auth@example.org\",nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\",qop=\"auth, auth-int\",";

    private static readonly SipCredentials Right = new("trunk user", "se\"cret");

    [Theory]
    // RFC 7616 §3.9.1
    [InlineData(Modern + "algorithm=MD5",
        "Circle of Life", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "00000001", "8ca523f5e9506fed4657c9700eebdbec")]
    [InlineData(Modern + "algorithm=SHA-256",
        "Circle of Life", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "00000001",
        "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1")]
    // RFC 2617 §3.5
    [InlineData("realm=\"testrealm@host.com\",nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\",qop=\"auth,auth-int\"",
        "Circle Of Life", "0a4f113b", "00000001", "6629fae49393a05397450978507c4ef1")]
    // RFC 2069 §2.4, as its erratum 749 has it.
    [InlineData("realm=\"testrealm@host.com\",nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"",
        "CircleOfLife", "", null, "1949323746fe6a43ef61f9606e7febea")]
    public void The_examples_of_the_RFCs(string challenge, string password, string clientNonce, string? count, string response)
    {
        Assert.True(DigestChallenge.TryParse($"Digest {challenge}", out var asked));

        Assert.Equal(
            response, SipDigest.Response(asked, new SipCredentials("Mufasa", password), "GET", "/dir/index.html", clientNonce, count));
    }

    [Theory]
    [InlineData("MD5", "auth", 401)]
    [InlineData("MD5", "auth-int,auth", 407)]
    [InlineData("MD5", null, 401)]
    [InlineData("MD5-sess", "auth", 401)]
    [InlineData("MD5-sess", null, 407)]
    [InlineData("SHA-256", "auth", 407)]
    [InlineData("SHA-256", null, 401)]
    [InlineData("SHA-256-sess", "auth", 401)]
    public void A_call_is_let_in(string algorithm, string? qop, int status)
    {
        var peer = new DigestVerifier(Right.UserName, Right.Password, algorithm, qop, status);
        peer.Renew(saysSo: false);

        Assert.Equal((SipDigestOutcome.Answered, 200, 1), Call(new SipDigest(Right), peer));
    }

    [Fact]
    public void The_request_goes_again_as_a_transaction_of_its_own()
    {
        var request = Line.FromPeer("INVITE");
        request.SetBody("application/sdp", "v=0"u8.ToArray());

        new SipDigest(Right).TryAnswer(request, new DigestVerifier("", "").Answer(request), 0, out var again);

        Assert.NotNull(again);
        Assert.False(again.Headers.Contains("Via"));
        Assert.Equal(new SipCSeq(2, "INVITE"), again.CSeq);
        Assert.Equal((request.CallId, request.From.Text, request.To.Text), (again.CallId, again.From.Text, again.To.Text));
        Assert.Equal("v=0"u8.ToArray(), again.Body);
        Assert.Equal("application/sdp", again.Headers["Content-Type"]);
        Assert.Equal(1u, request.CSeq.Number);
    }

    [Fact]
    public void What_is_quoted_and_what_is_not()
    {
        var digest = new SipDigest(new SipCredentials("me", "pw"), () => "cnonce1");
        var request = Sample.Request("INVITE");
        var challenge = SipResponse.For(request, 401, "phone");
        challenge.Headers.Add("WWW-Authenticate", "Digest qop=auth, realm=\"a, b\", nonce=\"n\", algorithm=\"MD5\"");

        digest.TryAnswer(request, challenge, 0, out var again);

        Assert.Matches(
            "^Digest username=\"me\", realm=\"a, b\", nonce=\"n\", uri=\"sip:[^\"]+\", response=\"[0-9a-f]{32}\", algorithm=MD5, "
            + "cnonce=\"cnonce1\", qop=auth, nc=00000001$",
            again!.Headers["Authorization"]!);
    }

    [Fact]
    public void Wrong_credentials_are_not_tried_again()
    {
        var peer = new DigestVerifier(Right.UserName, "other");

        Assert.Equal((SipDigestOutcome.Refused, 401, 2), Call(new SipDigest(Right), peer));
    }

    [Fact]
    public void Further_calls_are_let_in_at_once()
    {
        var peer = new DigestVerifier(Right.UserName, Right.Password);
        var digest = new SipDigest(Right);

        for (var i = 0; i < 20; i++)
            Assert.Equal((SipDigestOutcome.Answered, 200, 1), Call(digest, peer));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_nonce_that_is_too_old_costs_one_more_round(bool saysSo)
    {
        var peer = new DigestVerifier(Right.UserName, Right.Password);
        var digest = new SipDigest(Right);
        Call(digest, peer);

        peer.Renew(saysSo);

        Assert.Equal((SipDigestOutcome.Answered, 200, 2), Call(digest, peer));
    }

    [Fact]
    public void A_nonce_that_grows_old_between_challenge_and_answer()
    {
        var peer = new DigestVerifier(Right.UserName, Right.Password);
        var digest = new SipDigest(Right);
        var request = Sample.Request("INVITE");
        digest.TryAnswer(request, peer.Answer(request), 0, out var second);
        peer.Renew(saysSo: true);

        Assert.Equal(SipDigestOutcome.Answered, digest.TryAnswer(second!, peer.Answer(second!), 1, out var third));
        Assert.Equal(200, peer.Answer(third!).Status);
        Assert.Single(third!.Headers.All("Authorization"));
    }

    [Fact]
    public void A_peer_that_is_never_content_is_given_up()
    {
        var peer = new DigestVerifier(Right.UserName, "other");
        peer.Renew(saysSo: true);

        Assert.Equal((SipDigestOutcome.Refused, 401, SipDigest.MaxChallenges + 1), Call(new SipDigest(Right), peer));
    }

    [Fact]
    public void A_proxy_and_the_server_behind_it()
    {
        var proxy = new DigestVerifier(Right.UserName, Right.Password, "SHA-256", status: 407) { Realm = "proxy" };
        var server = new DigestVerifier(Right.UserName, Right.Password);
        var digest = new SipDigest(Right);
        var first = Sample.Request("INVITE");

        digest.TryAnswer(first, proxy.Answer(first), 0, out var second);
        Assert.Equal(200, proxy.Answer(second!).Status);
        digest.TryAnswer(second!, server.Answer(second!), 1, out var third);

        Assert.Equal(200, server.Answer(third!).Status);
        Assert.Single(third!.Headers.All("Proxy-Authorization"));
        var next = Sample.Request("INVITE");
        digest.Authorize(next);
        Assert.Equal((200, 200), (proxy.Answer(next).Status, server.Answer(next).Status));
    }

    [Fact]
    public void Of_several_challenges_the_strongest_that_is_known_is_answered()
    {
        var request = Sample.Request("INVITE");
        var response = SipResponse.For(request, 401, "phone");
        foreach (var algorithm in (string[])["MD5", "SHA-512-256", "SHA-256", "MD5-sess"])
            response.Headers.Add("WWW-Authenticate", $"Digest realm=\"r\", nonce=\"{algorithm}\", algorithm={algorithm}, qop=\"auth\"");

        new SipDigest(Right).TryAnswer(request, response, 0, out var again);

        Assert.Contains("nonce=\"SHA-256\"", Assert.Single(again!.Headers.All("Authorization")));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Basic realm=\"r\"")]
    [InlineData("Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256")]
    [InlineData("Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"")]
    [InlineData("Digest realm=\"r\"")]
    [InlineData("Digest realm=\"r, nonce=\"n\"")]
    [InlineData("Digest")]
    [InlineData("Digest =, x")]
    public void What_cannot_be_answered(string? challenge)
    {
        var request = Sample.Request("INVITE");
        var response = SipResponse.For(request, 401, "phone");
        if (challenge is not null)
            response.Headers.Add("WWW-Authenticate", challenge);

        Assert.Equal(SipDigestOutcome.Unsupported, new SipDigest(Right).TryAnswer(request, response, 0, out var again));
        Assert.Null(again);
    }

    [Fact]
    public void Credentials_do_not_show() => Assert.DoesNotContain("se", $"{Right}");

    /// <summary>One call: how it ended, with which status, and how many challenges the peer had given by then.</summary>
    private static (SipDigestOutcome Outcome, int Status, int Challenges) Call(SipDigest digest, DigestVerifier peer)
    {
        var request = Sample.Request("INVITE");
        digest.Authorize(request);
        var answered = 0;
        while (true)
        {
            var response = peer.Answer(request);
            if (response.Status == 200)
                return (SipDigestOutcome.Answered, 200, peer.Challenges);
            var outcome = digest.TryAnswer(request, response, answered++, out var again);
            if (outcome != SipDigestOutcome.Answered)
                return (outcome, response.Status, peer.Challenges);
            request = again!;
        }
    }
}
