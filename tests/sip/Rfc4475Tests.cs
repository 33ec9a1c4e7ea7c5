using System.Security.Cryptography;
using Xunit;

namespace FlashCall.Sip.Tests;

/// <summary>Every message of RFC 4475, put to a stack whose server answers 200: who answers it, and how, or whether it is
/// dropped.</summary>
public sealed class Rfc4475Tests
{
    [Theory]
    // §3.1.1: valid; wsinv and longreq as peers older than RFC 3261 write them, without a branch that names the transaction.
    [InlineData("wsinv", 200)]
    [InlineData("intmeth", 200)]
    [InlineData("esc01", 200)]
    [InlineData("escnull", 200)]
    [InlineData("esc02", 200)]
    [InlineData("lwsdisp", 200)]
    [InlineData("longreq", 200)]
    [InlineData("dblreq", 200)]
    [InlineData("semiuri", 200)]
    [InlineData("transports", 200)]
    [InlineData("mpart01", 200)]
    // §3.1.2: invalid in what we do not look at, so that being lenient breaks nothing: headers in the Request-URI, which nobody here acts
    // on; a Date with a time zone; blanks inside the brackets of an address.
    [InlineData("escruri", 200)]
    [InlineData("baddate", 200)]
    [InlineData("badaspec", 200)]
    // §3.3: well formed; what they mean is for the server above.
    [InlineData("unksm2", 200)]
    [InlineData("invut", 200)]
    [InlineData("regaut01", 200)]
    [InlineData("zeromf", 200)]
    [InlineData("cparam01", 200)]
    [InlineData("cparam02", 200)]
    [InlineData("regescrt", 200)]
    [InlineData("sdp01", 200)]
    // §3.4: from before RFC 3261.
    [InlineData("inv2543", 200)]
    public async Task What_is_well_formed_reaches_the_server(string name, int status)
    {
        await using var line = new Line { Server = { Answer = call => call.Respond(status) } };
        line.Receive(TortureMessage.Read(name));

        Assert.Single(line.Server.Requests);
        Assert.Equal(status, Assert.IsType<SipResponse>(Assert.Single(line.Sent).Message).Status);
        Assert.Empty(line.Faults);
    }

    [Theory]
    // §3.1.2: invalid.
    [InlineData("badinv01", 400, "Via")]
    [InlineData("clerr", 400, "Content-Length")]
    [InlineData("ncl", 400, "Content-Length")]
    [InlineData("scalar02", 400, "CSeq")]
    [InlineData("quotbal", 400, "To")]
    [InlineData("ltgtruri", 400, "Request-URI")]
    [InlineData("lwsruri", 400, "Request-URI")]
    [InlineData("lwsstart", 400, "Request-URI")]
    [InlineData("trws", 400, "Request-Line")]
    [InlineData("regbadct", 400, "Contact")]
    // In the archive its headers do not end; the test below ends them.
    [InlineData("baddn", 400, "Headers Not Ended")]
    [InlineData("badvers", 505, "Version")]
    [InlineData("mismatch01", 400, "CSeq Method")]
    [InlineData("mismatch02", 400, "CSeq Method")]
    // §3.2.
    [InlineData("badbranch", 400, "Via Branch")]
    // §3.3.
    [InlineData("insuf", 400, "From")]
    [InlineData("unkscm", 416, "Scheme")]
    [InlineData("novelsc", 416, "Scheme")]
    [InlineData("bext01", 420, "Extension")]
    [InlineData("multi01", 400, "Repeated")]
    [InlineData("mcl01", 400, "Repeated")]
    public async Task What_is_not_is_answered_with_what_is_wrong(string name, int status, string reason)
    {
        await using var line = new Line();
        line.ReadsAsTheyCome = true;
        line.Receive(TortureMessage.Read(name));

        Assert.Empty(line.Server.Requests);
        Assert.Empty(line.Faults);
        Assert.StartsWith($"SIP/2.0 {status} ", Assert.Single(line.Raw), StringComparison.Ordinal);
        Assert.Contains(reason, line.Raw[0].Split('\r')[0], StringComparison.Ordinal);
        // 420 is the transaction's own answer; the others are given and forgotten.
        Assert.Equal(status == 420 ? 1 : 0, line.Stack.OpenTransactions);
    }

    [Fact]
    public async Task Only_what_is_required_of_endpoints_is_named_as_not_supported()
    {
        await using var line = new Line();
        line.Receive(TortureMessage.Read("bext01"));

        Assert.Equal("nothingSupportsThis, nothingSupportsThisEither", line.LastOf("420").Headers["Unsupported"]);
    }

    [Fact]
    public async Task A_display_name_with_commas_but_no_quotes_is_refused()
    {
        await using var line = new Line { ReadsAsTheyCome = true };
        line.Receive([.. TortureMessage.Read("baddn"), .. "\r\n"u8]);

        Assert.Empty(line.Server.Requests);
        Assert.StartsWith("SIP/2.0 400 Missing or Malformed From\r\n", Assert.Single(line.Raw), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("scalarlg", true)]
    [InlineData("bigcode", true)]
    [InlineData("unreason", false)]
    [InlineData("noreason", false)]
    [InlineData("bcast", false)]
    public async Task Responses_that_are_not_ours_or_cannot_be_read_are_dropped_and_counted(string name, bool malformed)
    {
        await using var line = new Line();
        line.Receive(TortureMessage.Read(name));

        Assert.Empty(line.Sent);
        Assert.Empty(line.Faults);
        Assert.Equal((malformed ? 1 : 0, malformed ? 0 : 1), (line.Stack.Counters.Malformed, line.Stack.Counters.Unmatched));
    }

    /// <summary>Its misspelt host (trws), its broken SDP (dblreq) and its missing line end (baddn) are the archive's own.</summary>
    [Fact]
    public void All_of_them_are_here_as_the_archive_of_the_RFC_has_them()
    {
        Assert.Equal(49, TortureMessage.Names.Count);
        Assert.Equal(
            "C130ABDEDDE20F53B7F1C70181DC8FC115AFD568A12977D7DB3D597F39A21378",
            Convert.ToHexString(SHA256.HashData([.. TortureMessage.Names.SelectMany(TortureMessage.Read)])));
    }

    [Fact]
    public void A_short_tortuous_INVITE_means_what_the_RFC_says()
    {
        var invite = Read<SipRequest>("wsinv");

        Assert.Equal("INVITE", invite.Method);
        Assert.True(invite.Uri.Parameters.Contains("unknownparam"));
        Assert.Equal("1918181833n", invite.To.Tag);
        Assert.Equal("J Rosenberg \\\"", invite.From.DisplayName);
        Assert.Equal("98asjd8", invite.From.Tag);
        Assert.Equal(68, invite.MaxForwards);
        Assert.Equal(new SipCSeq(9, "INVITE"), invite.CSeq);
        Assert.Equal(
            ["192.0.2.2:5060", "spindle.example.com:5060", "192.168.255.111:5060"],
            invite.Headers.All("Via").Select(text => SipVia.TryParse(text, out var via) ? via.SentBy : "none"));
        Assert.Equal("", invite.Headers["Subject"]);
        Assert.Equal("newfangled value continued newfangled value", invite.Headers["NewFangledHeader"]);
        Assert.Equal(";;,,;;,;", invite.Headers["UnknownHeaderWithUnusualValue"]);
        Assert.Equal("Quoted string \"\"", invite.Contact!.DisplayName);
        Assert.Equal("newvalue", invite.Contact.Parameters["newparam"]);
        Assert.Equal("0.33", invite.Contact.Parameters["q"]);
        Assert.Equal(150, invite.Body.Length);
    }

    [Fact]
    public void The_wide_range_of_valid_characters_is_read()
    {
        var request = Read<SipRequest>("intmeth");

        Assert.Equal("!interesting-Method0123456789_*+`.%indeed'~", request.Method);
        Assert.Equal("1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*", request.Uri.User);
        Assert.Equal("example.com", request.Uri.Host);
        Assert.Equal("BEL:\a NUL:\0 DEL:\u007f", request.To.DisplayName);
        Assert.Equal("token1~` token2'+_ token3*%!.-", request.From.DisplayName);
        Assert.Equal("_token~1'+`*%!-.", request.From.Tag);
        Assert.Equal("\"работающий\"", request.From.Parameters["fromParam''~+*_!.-%"]);
        Assert.Equal("\uFEFF大停電", request.Headers["extensionHeader-!.%*+_`'~"]);
        Assert.Equal(255, request.MaxForwards);
    }

    [Fact]
    public void Escapes_are_undone_once_and_only_where_they_are_escapes()
    {
        var invite = Read<SipRequest>("esc01");
        Assert.Equal("sips:user@example.com", invite.Uri.User);
        Assert.Equal("user", invite.To.Uri.User);
        Assert.Equal("I have spaces", invite.From.Uri.User);
        Assert.Equal("caller", invite.Contact!.Uri.User);
        Assert.Equal([new SipParameter("lr", null), new SipParameter("name", "value%41")], invite.Contact.Uri.Parameters);
        Assert.EndsWith(";%6C%72;n%61me=v%61lue%25%34%31", invite.Contact.Uri.Text, StringComparison.Ordinal);
        var withNulls = Read<SipRequest>("escnull");
        Assert.Equal("null-\0-null", withNulls.To.Uri.User);
        Assert.Equal("null-\0-null", withNulls.From.Uri.User);
        Assert.Equal(["\0", "\0\0"], withNulls.Addresses("Contact").Select(contact => contact.Uri.User));

        var notRegister = Read<SipRequest>("esc02");
        Assert.Equal("RE%47IST%45R", notRegister.Method);
        Assert.Equal("%Z%45", notRegister.To.DisplayName);
        Assert.Equal(["alias1", "alias3"], notRegister.Addresses("Contact").Select(contact => contact.Uri.User));
    }

    [Fact]
    public void What_stands_close_together_or_goes_on_for_long_is_told_apart()
    {
        Assert.Equal("caller", Read<SipRequest>("lwsdisp").From.DisplayName);
        Assert.Equal("user;par=u@example.net", Read<SipRequest>("semiuri").Uri.User);
        Assert.Equal(
            ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"],
            Read<SipRequest>("transports").Headers.All("Via").Select(text => SipVia.TryParse(text, out var via) ? via.Protocol : "none"));

        var longOne = Read<SipRequest>("longreq");
        Assert.Equal(34, longOne.Headers.All("Via").Count());
        Assert.Equal($"12{string.Concat(Enumerable.Repeat("982", 50))}424", longOne.From.Tag);
        Assert.StartsWith("I have a user name of extremeextreme", longOne.To.DisplayName, StringComparison.Ordinal);
        Assert.Equal(6000, longOne.To.Uri.Port);
        // Two requests in one datagram: the first one counts, the rest is left out.
        var first = Read<SipRequest>("dblreq");
        Assert.Equal("REGISTER", first.Method);
        Assert.True(first.Body.IsEmpty);
    }

    [Fact]
    public void A_binary_body_comes_through_whole()
    {
        var message = TortureMessage.Read("mpart01");
        var body = Read<SipRequest>("mpart01").Body.ToArray();

        Assert.Equal(553, body.Length);
        Assert.Equal(message[^553..], body);
        Assert.Contains((byte)0, body);
    }

    [Fact]
    public void Parameters_belong_to_the_URI_only_within_its_brackets()
    {
        var outside = Read<SipRequest>("cparam01").Contact!;
        Assert.True(outside.Parameters.Contains("unknownparam"));
        Assert.False(outside.Uri.Parameters.Contains("unknownparam"));

        var inside = Read<SipRequest>("cparam02").Contact!;
        Assert.False(inside.Parameters.Contains("unknownparam"));
        Assert.True(inside.Uri.Parameters.Contains("unknownparam"));

        Assert.Equal("sip:user@example.com?Route=%3Csip:sip.example.com%3E", Read<SipRequest>("regescrt").Contact!.Uri.Text);
    }

    [Fact]
    public void Reason_phrases_may_be_strange_or_empty()
    {
        Assert.Equal("= 2**3 * 5**2 но сто девяносто девять - простое", Read<SipResponse>("unreason").Reason);
        Assert.Equal((100, ""), (Read<SipResponse>("noreason").Status, Read<SipResponse>("noreason").Reason));
    }

    [Fact]
    public void Whatever_can_be_read_is_written_so_that_it_is_read_as_the_same()
    {
        foreach (var name in TortureMessage.Names)
        {
            if (!SipParser.TryParse(TortureMessage.Read(name), out var message, out _))
                continue;
            var written = message.ToBytes();
            var again = Sample.Parse(written);

            Assert.Equal(written, again.ToBytes());
            Assert.Equal((message.From.Text, message.To.Text, message.CSeq), (again.From.Text, again.To.Text, again.CSeq));
            Assert.Equal(message.Body.ToArray(), again.Body.ToArray());
        }
    }

    private static T Read<T>(string name) where T : SipMessage => Assert.IsType<T>(Sample.Parse(TortureMessage.Read(name)));
}
