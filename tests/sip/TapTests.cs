using System.Collections.Concurrent;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Sip.Tests;

public sealed class TapTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_message_is_seen_and_a_log_that_fails_stops_nothing(bool fails)
    {
        var seen = new ConcurrentQueue<string>();
        await using var phone = new StackPeer(new TcpSipTransport(StackPeer.Loopback));
        await using var caller = new StackPeer(
            new SipStackOptions
            {
                OnMessage = (direction, hop, message) =>
                {
                    seen.Enqueue($"{direction} {hop} {System.Text.Encoding.UTF8.GetString(message[..message.IndexOf((byte)' ')])}");
                    if (fails)
                        throw new InvalidOperationException("The disk is full.");
                },
            },
            new TcpSipTransport(StackPeer.Loopback));

        caller.Stack.Send(Sample.Request("OPTIONS"), caller.Stack.HopTo(phone.Transport.LocalEndPoint), caller);
        (await phone.Take<SipServerTransaction>()).Respond(200);
        Assert.Equal(200, (await caller.TakeResponse()).Status);

        Assert.Equal([$"Sent TCP {phone.Transport.LocalEndPoint} OPTIONS", $"Received TCP {phone.Transport.LocalEndPoint} SIP/2.0"], seen);
        await Eventually.TrueAsync(() => caller.Faults.Count == (fails ? 2 : 0), "faults told");
    }
}
