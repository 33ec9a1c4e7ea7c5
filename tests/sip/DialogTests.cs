using System.Net;
using Xunit;

namespace FlashCall.Sip.Tests;

/// <summary>RFC 3261 §12.</summary>
public sealed class DialogTests
{
    private static readonly IPEndPoint Trunk = IPEndPoint.Parse("192.0.2.2:5060");

    [Fact]
    public void The_caller_goes_through_the_routes_backwards_to_the_contact()
    {
        var (invite, ok) = Answered("<sip:192.0.2.20:5061;lr>, <sip:192.0.2.21;lr>", "<sip:phone@203.0.113.5:5090>");

        var dialog = SipDialog.OfCaller(invite, ok);
        var bye = dialog.CreateRequest("BYE");

        Assert.Equal("sip:phone@203.0.113.5:5090", bye.Uri.Text);
        Assert.Equal(["<sip:192.0.2.21;lr>", "<sip:192.0.2.20:5061;lr>"], bye.Headers.All("Route"));
        Assert.Equal(IPEndPoint.Parse("192.0.2.21:5060"), dialog.NextHop(Trunk));
        Assert.Equal((invite.From.Tag, "called", invite.CallId), (bye.From.Tag, bye.To.Tag, bye.CallId));
        Assert.Equal([5u, 6u, 7u], [dialog.CreateAck().CSeq.Number, bye.CSeq.Number, dialog.CreateRequest("INFO").CSeq.Number]);
    }

    [Fact]
    public void A_strict_router_finds_itself_in_the_request_URI()
    {
        var (invite, ok) = Answered("<sip:192.0.2.20>", "<sip:phone@203.0.113.5:5090>");

        var bye = SipDialog.OfCaller(invite, ok).CreateRequest("BYE");

        Assert.Equal("sip:192.0.2.20", bye.Uri.Text);
        Assert.Equal("<sip:phone@203.0.113.5:5090>", bye.Headers["Route"]);
    }

    [Fact]
    public void Without_routes_it_goes_to_the_contact_or_where_the_invite_went()
    {
        var (invite, direct) = Answered(null, "<sip:phone@203.0.113.5:5090>");
        var (_, named) = Answered(null, "<sip:phone@phone.example>");
        var (_, silent) = Answered(null, null);

        Assert.Equal(IPEndPoint.Parse("203.0.113.5:5090"), SipDialog.OfCaller(invite, direct).NextHop(Trunk));
        Assert.Equal(Trunk, SipDialog.OfCaller(invite, named).NextHop(Trunk));
        Assert.Equal(invite.Uri.Text, SipDialog.OfCaller(invite, silent).CreateAck().Uri.Text);
    }

    [Fact]
    public void The_called_side_mirrors_the_caller()
    {
        var (invite, _) = Answered(null, null);
        invite.Headers.Add("Record-Route", "<sip:192.0.2.20;lr>");
        invite.Headers.Add("Record-Route", "<sip:192.0.2.21;lr>");
        invite.Headers.Add("Contact", "<sip:caller@192.0.2.1:5070>");

        var bye = SipDialog.OfCalled(invite, "called").CreateRequest("BYE");

        Assert.Equal("sip:caller@192.0.2.1:5070", bye.Uri.Text);
        Assert.Equal(("called", invite.From.Tag), (bye.From.Tag, bye.To.Tag));
        Assert.Equal(["<sip:192.0.2.20;lr>", "<sip:192.0.2.21;lr>"], bye.Headers.All("Route"));
    }

    private static (SipRequest Invite, SipResponse Ok) Answered(string? recordRoute, string? contact)
    {
        var invite = Sample.Request("INVITE", sequence: 5);
        var ok = SipResponse.For(invite, 200, "called");
        foreach (var route in recordRoute?.Split(", ") ?? [])
            ok.Headers.Add("Record-Route", route);
        if (contact is not null)
            ok.Headers.Add("Contact", contact);
        return (invite, ok);
    }
}
