using System.Net;
using System.Threading.Channels;
using FlashCall.Sip;
using Xunit;

namespace FlashCall.Handset.Tests;

/// <summary>The other side of the trunk: calls phones and hands over, in order, what comes back.</summary>
internal sealed class Caller : ISipClient, ISipServer, IAsyncDisposable
{
    public const string CallerId = "+442079460123";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // Long, so that a slow machine does not make repeats that the tests would have to expect.
    private static readonly TimeSpan NoRepeats = TimeSpan.FromSeconds(5);

    private readonly SipStack _stack;
    private readonly Channel<SipResponse> _responses = Channel.CreateUnbounded<SipResponse>();
    private readonly Channel<SipServerTransaction> _requests = Channel.CreateUnbounded<SipServerTransaction>();
    private readonly IPEndPoint _carrier;

    public Caller(IPEndPoint carrier, TimeSpan? t1 = null)
    {
        _carrier = carrier;
        _stack = new SipStack(new SipStackOptions { Timings = new SipTimings { T1 = t1 ?? NoRepeats } }, TimeProvider.System);
        _stack.Start(this, new UdpSipTransport(new IPEndPoint(IPAddress.Loopback, 0)));
    }

    public SipHop Hop => _stack.HopTo(_carrier);

    public SipRequest Request(string method, string user, Action<SipRequest>? change = null)
    {
        var request = SipRequest.Create(
            method,
            SipUri.Create(user, _carrier),
            new SipAddress(SipUri.Create(CallerId, Hop.LocalAddress)).WithTag(SipId.NewTag()),
            new SipAddress(SipUri.Create(user, _carrier)),
            SipId.NewCallId(),
            1);
        request.Headers.Add("Contact", new SipAddress(SipUri.Create(CallerId, Hop.LocalAddress)).Text);
        change?.Invoke(request);
        return request;
    }

    public SipInviteClientTransaction Invite(string user, Action<SipRequest>? change = null) =>
        _stack.Invite(Request("INVITE", user, change), Hop, this);

    public void Send(SipRequest request) => _stack.Send(request, Hop, this);

    public void SendAck(SipRequest request) => Assert.True(_stack.SendAck(request, Hop));

    /// <summary>The next response that is not 100.</summary>
    public async Task<SipResponse> ResponseAsync()
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (true)
        {
            var response = await _responses.Reader.ReadAsync(deadline.Token);
            if (response.Status != 100)
                return response;
        }
    }

    /// <summary>The next response, which has this status.</summary>
    public async Task<SipResponse> ResponseAsync(int status)
    {
        var response = await ResponseAsync();
        Assert.Equal(status, response.Status);
        return response;
    }

    /// <summary>The next request from the phone.</summary>
    public async Task<SipServerTransaction> RequestAsync()
    {
        using var deadline = new CancellationTokenSource(Patience);
        return await _requests.Reader.ReadAsync(deadline.Token);
    }

    public bool HasResponse => _responses.Reader.TryPeek(out _);

    public void OnResponse(SipClientTransaction transaction, SipResponse response) => _responses.Writer.TryWrite(response);

    public void OnFailure(SipClientTransaction transaction, SipClientFailure failure)
    {
        // A test that expects a response sees that none comes.
    }

    public void OnRequest(SipServerTransaction transaction)
    {
        transaction.Respond(200);
        _requests.Writer.TryWrite(transaction);
    }

    public void OnCancel(SipServerTransaction invite) => invite.Respond(487);

    public void OnAck(SipRequest ack, SipHop source)
    {
        // The caller is never called.
    }

    public void OnUnacknowledged(SipServerTransaction invite)
    {
        // The caller is never called.
    }

    public ValueTask DisposeAsync() => _stack.DisposeAsync();
}
