using System.Net;
using FlashCall.Contracts;
using FlashCall.Dialer.Trunks;
using FlashCall.Sip;

namespace FlashCall.Load.Engine;

/// <summary>What all calls of one try have in common.</summary>
internal sealed record CallPlan
{
    private CallPlan(PhoneNumber callee, CallerId callerId, Trunk trunk, SipHop hop, TimeSpan ringTime) =>
        (Callee, CallerId, Trunk, Hop, RingTime) = (callee, callerId, trunk, hop, ringTime);

    public PhoneNumber Callee { get; }

    public CallerId CallerId { get; }

    public Trunk Trunk { get; }

    public SipHop Hop { get; }

    public TimeSpan RingTime { get; }

    public static CallPlan For(SipStack stack, int port, TimeSpan ringTime) => new(
        PhoneNumber.TryParse("+46701740605", out var callee) ? callee : throw new FormatException("The callee is no phone number."),
        CallerId.TryParse("+442079460123", out var callerId) ? callerId : throw new FormatException("The caller ID is no number."),
        new Trunk { Name = "load", Address = $"127.0.0.1:{port}" },
        stack.HopTo(new IPEndPoint(IPAddress.Loopback, port)),
        ringTime);
}
