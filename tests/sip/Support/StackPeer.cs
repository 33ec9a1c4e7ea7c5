using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Xunit;

namespace FlashCall.Sip.Tests;

/// <summary>A stack on real sockets that hands over, in order, what it is told.</summary>
internal sealed class StackPeer : ISipServer, ISipClient, IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Channel<object> _told = Channel.CreateUnbounded<object>();
    private readonly Channel<SipConnectionFailed> _failed = Channel.CreateUnbounded<SipConnectionFailed>();

    public StackPeer(params SipTransport[] transports)
        : this(options: null, transports)
    {
    }

    public StackPeer(SipStackOptions? options, params SipTransport[] transports)
    {
        // Long, so that a slow machine does not make repeats that the tests would have to expect.
        options ??= new SipStackOptions { Timings = new SipTimings { T1 = TimeSpan.FromSeconds(5) } };
        Stack = new SipStack(
            options with { OnFault = Faults.Enqueue, OnConnectionFailed = failed => _failed.Writer.TryWrite(failed) }, TimeProvider.System);
        Stack.Start(this, transports);
        Transport = transports[0];
    }

    public SipStack Stack { get; }

    public SipTransport Transport { get; }

    public ConcurrentQueue<Exception> Faults { get; } = [];

    public static async Task<T> Within<T>(ValueTask<T> task) => await task.AsTask().WaitAsync(Patience);

    public static IPEndPoint Loopback => new(IPAddress.Loopback, 0);

    /// <summary>The next thing that the stack tells.</summary>
    public async Task<T> Take<T>() => Assert.IsAssignableFrom<T>(await Within(_told.Reader.ReadAsync()));

    /// <summary>The next response but a 100.</summary>
    public async Task<SipResponse> TakeResponse()
    {
        SipResponse response;
        do
            response = await Take<SipResponse>();
        while (response.Status == 100);
        return response;
    }

    /// <summary>The next connection that has failed.</summary>
    public Task<SipConnectionFailed> TakeConnectionFailure() => Within(_failed.Reader.ReadAsync());

    /// <summary>A call that is cancelled as it rings, from beginning to end.</summary>
    public async Task<SipInviteClientTransaction> RingAsync(StackPeer phone, SipHop hop)
    {
        var call = Stack.Invite(Sample.Request("INVITE"), hop, this);
        var ringing = await phone.Take<SipServerTransaction>();
        ringing.Respond(180);
        Assert.Equal(180, (await TakeResponse()).Status);
        call.Cancel();
        Assert.Same(ringing, await phone.Take<SipServerTransaction>());
        ringing.Respond(487);
        Assert.Equal(487, (await TakeResponse()).Status);
        return call;
    }

    public void OnRequest(SipServerTransaction transaction) => _told.Writer.TryWrite(transaction);

    public void OnCancel(SipServerTransaction invite) => _told.Writer.TryWrite(invite);

    public void OnAck(SipRequest ack, SipHop source) => _told.Writer.TryWrite(ack);

    public void OnUnacknowledged(SipServerTransaction invite) => _told.Writer.TryWrite("unacknowledged");

    public void OnResponse(SipClientTransaction transaction, SipResponse response) => _told.Writer.TryWrite(response);

    public void OnFailure(SipClientTransaction transaction, SipClientFailure failure) => _told.Writer.TryWrite(failure);

    public ValueTask DisposeAsync() => Stack.DisposeAsync();
}
