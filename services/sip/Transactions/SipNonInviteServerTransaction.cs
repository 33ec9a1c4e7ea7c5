namespace FlashCall.Sip;

/// <summary>A peer's request other than INVITE (RFC 3261 §17.2.2).</summary>
internal sealed class SipNonInviteServerTransaction : SipServerTransaction
{
    private byte[]? _last;
    private bool _completed;

    public SipNonInviteServerTransaction(SipStack stack, SipRequest request, SipHop source)
        : base(stack, request, source)
    {
    }

    public override bool Respond(SipResponse response)
    {
        lock (Gate)
        {
            if (_completed)
                return false;
            _last = response.ToBytes();
            Transmit(_last);
            if (response.IsProvisional)
                return true;
            _completed = true;
            // Timer J: over a connection nothing comes again.
            Stack.Timers.Start(new SipTimer(() => Stack.Forget(this)), Source.Transport.IsReliable ? TimeSpan.Zero : Timings.Timeout);
            return true;
        }
    }

    public override bool Ignore()
    {
        lock (Gate)
        {
            if (_last is not null || _completed)
                return false;
            _completed = true;
            Stack.Timers.Start(new SipTimer(() => Stack.Forget(this)), Timings.Timeout);
            return true;
        }
    }

    internal override void ReceiveAgain()
    {
        lock (Gate)
        {
            if (_last is not null)
                Stack.Retransmit(ResponseHop, _last);
        }
    }
}
