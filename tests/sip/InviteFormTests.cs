using Xunit;

namespace FlashCall.Sip.Tests;

public sealed class InviteFormTests
{
    [Fact]
    public async Task What_goes_out_is_the_request_that_the_values_would_have_made()
    {
        await using var line = new Line();
        var form = new SipInviteForm(Request("callee-blank", "caller-blank"), line.Hop, "callee-blank", "caller-blank");
        form.Send(line.Stack, line.Client, "+46701740605", "02079460123");
        var sent = (SipRequest)line.LastOf("INVITE");
        line.Stack.Invite(Request("+46701740605", "02079460123"), line.Hop, line.Client);
        var made = (SipRequest)line.LastOf("INVITE");

        Assert.Equal(made.Uri.Text, sent.Uri.Text);
        Assert.Equal(made.Body.ToArray(), sent.Body.ToArray());
        Assert.Equal(made.Headers.Select(header => header.Name), sent.Headers.Select(header => header.Name));
        foreach (var (own, other) in made.Headers.Zip(sent.Headers))
        {
            // But for what each call has of its own.
            var same = own.Value.Replace(made.From.Tag!, sent.From.Tag!, StringComparison.Ordinal)
                .Replace(made.CallId, sent.CallId, StringComparison.Ordinal)
                .Replace(made.TopVia.Branch!, sent.TopVia.Branch!, StringComparison.Ordinal);
            Assert.Equal(same, other.Value);
        }
    }

    [Fact]
    public async Task Each_has_a_tag_a_call_id_and_a_branch_of_its_own_as_long_as_they_always_are()
    {
        await using var line = new Line();
        var form = new SipInviteForm(Request("blank", "+442079460123"), line.Hop, "blank");
        for (var i = 0; i < 100; i++)
            form.Send(line.Stack, line.Client, "+46701740605");
        var sent = line.Sent.Select(sent => sent.Message).ToArray();

        Assert.Equal(100, sent.Select(invite => invite.From.Tag).Distinct().Count());
        Assert.Equal(100, sent.Select(invite => invite.CallId).Distinct().Count());
        Assert.Equal(100, sent.Select(invite => invite.TopVia.Branch).Distinct().Count());
        Assert.All(sent, invite => Assert.Equal((16, 32), (invite.From.Tag!.Length, invite.CallId.Length)));
    }

    [Fact]
    public async Task It_is_an_invite_as_any_other()
    {
        await using var line = new Line();
        var transaction = new SipInviteForm(Request("blank", "+442079460123"), line.Hop, "blank")
            .Send(line.Stack, line.Client, "+46701740605");
        line.Pass(0.6);
        Assert.Equal([0, 500], line.TimesOf("INVITE"));
        line.Answer("INVITE", 180);
        transaction.Cancel();
        line.Answer("CANCEL", 200);
        line.Answer("INVITE", 487);

        Assert.Equal([180, 487], line.Client.Statuses);
        var (invite, ack) = ((SipRequest)line.LastOf("INVITE"), (SipRequest)line.LastOf("ACK"));
        Assert.Equal((invite.Uri.Text, invite.TopVia.Text, invite.CallId), (ack.Uri.Text, ack.TopVia.Text, ack.CallId));
        Assert.Equal(invite.Uri.Text, transaction.Request.Uri.Text);
    }

    [Theory]
    [InlineData("+4670 1740605")]
    [InlineData("1@192.0.2.66")]
    [InlineData("1\r\nRoute: <sip:192.0.2.66;lr>")]
    [InlineData("")]
    public async Task What_could_be_more_than_a_value_is_refused(string value)
    {
        await using var line = new Line();
        var form = new SipInviteForm(Request("blank", "+442079460123"), line.Hop, "blank");
        Assert.Throws<ArgumentException>(() => form.Send(line.Stack, line.Client, value));
        Assert.Throws<ArgumentException>(() => form.Send(line.Stack, line.Client, "1", "2"));
        Assert.Empty(line.Sent);
        Assert.Equal(0, line.Stack.OpenTransactions);
    }

    [Fact]
    public async Task A_sample_that_makes_no_form_is_refused()
    {
        await using var line = new Line();
        Assert.Throws<ArgumentException>(() => new SipInviteForm(Sample.Request("OPTIONS"), line.Hop));
        Assert.Throws<ArgumentException>(() => new SipInviteForm(Request("called", "caller"), line.Hop, "v=0"));
    }

    private static SipRequest Request(string called, string caller)
    {
        var invite = SipRequest.Create(
            SipMethod.Invite,
            SipUri.Create(called, "192.0.2.2", 5080),
            new SipAddress(SipUri.Create(caller, "192.0.2.1")).WithTag(SipId.NewTag()),
            new SipAddress(SipUri.Create(called, "192.0.2.2", 5080)),
            SipId.NewCallId(),
            1);
        invite.Headers.Add(SipHeaderName.PAssertedIdentity, $"<sip:{caller}@192.0.2.1>");
        invite.SetBody("application/sdp", "v=0\r\n"u8.ToArray());
        return invite;
    }
}
