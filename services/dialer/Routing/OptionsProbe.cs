using System.Net.Sockets;
using FlashCall.Dialer.Signalling;
using FlashCall.Dialer.Trunks;
using FlashCall.Sip;

namespace FlashCall.Dialer.Routing;

/// <summary>Asks one address of a trunk whether it is there.</summary>
internal sealed class OptionsProbe(SipEndpoint sip, DialerSettings settings, TimeProvider time)
{
    /// <summary>How long an answer may take: 20·T1, 10 s as a rule, in which a lost request is repeated four times. The transaction's own
    /// limit of 64·T1 would leave a dead trunk in use for half a minute more.</summary>
    private TimeSpan Patience => 20 * settings.SipT1;

    /// <summary>Asks once.</summary>
    /// <returns>What it brought; an address that cannot be looked up or reached is down.</returns>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public async Task<AddressHealth> AskAsync(Trunk trunk, string address, CancellationToken cancellationToken)
    {
        var askedAt = time.GetUtcNow();
        var answer = new Answer(time);
        try
        {
            var hop = (await sip.HopsToAsync(trunk with { Addresses = [address] }, cancellationToken))[0];
            answer.Begin();
            sip.Stack.Send(OptionsRequest.Create(trunk, TrunkAddress.Parse(address), hop), hop, answer);
            var (status, roundTrip) = await answer.Task.WaitAsync(Patience, time, cancellationToken);
            return new AddressHealth(address, AddressHealth.OfStatus(status), status, roundTrip, askedAt);
        }
        catch (Exception exception) when (exception is SocketException or InvalidOperationException or TimeoutException)
        {
            return new AddressHealth(address, Reachability.Down, AskedAt: askedAt);
        }
    }

    /// <summary>The final answer, or that there is none.</summary>
    private sealed class Answer(TimeProvider time)
        : TaskCompletionSource<(int? Status, TimeSpan? RoundTrip)>(TaskCreationOptions.RunContinuationsAsynchronously), ISipClient
    {
        private long _sentAt;

        public void Begin() => _sentAt = time.GetTimestamp();

        public void OnResponse(SipClientTransaction transaction, SipResponse response)
        {
            if (!response.IsProvisional)
                TrySetResult((response.Status, time.GetElapsedTime(_sentAt)));
        }

        public void OnFailure(SipClientTransaction transaction, SipClientFailure failure) => TrySetResult(default);
    }
}
