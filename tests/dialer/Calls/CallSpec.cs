using FlashCall.Contracts;
using FlashCall.Dialer.Calls;
using Xunit;

namespace FlashCall.Dialer.Tests.Calls;

/// <summary>A call told as Given-When-Then. Times are seconds since the call was recorded.</summary>
internal sealed class CallSpec
{
    public static readonly DateTimeOffset Zero = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Rings within 12 s, INVITE within 5 s, final response within 32 s of the CANCEL.</summary>
    public static readonly CallLimits Limits = new(TimeSpan.FromSeconds(12), Zero.AddSeconds(5), TimeSpan.FromSeconds(32));

    private readonly List<CallAction> _before = [];
    private List<CallAction> _last = [];

    private CallSpec()
    {
    }

    public CallState State { get; private set; } = new CallState.Recorded();

    /// <summary>A call that is recorded and had these inputs.</summary>
    public static CallSpec Given(params CallInput[] inputs)
    {
        var spec = new CallSpec();
        foreach (var input in inputs)
            spec.When(input);
        return spec;
    }

    public CallSpec When(CallInput input)
    {
        _before.AddRange(_last);
        (State, var actions) = CallDecider.Decide(input, State, Limits);
        _last = [.. actions];
        return this;
    }

    /// <summary>The last input made the call do this, in order, and nothing else.</summary>
    public CallSpec Then(params CallAction[] actions)
    {
        Assert.Equal(actions, _last);
        return this;
    }

    /// <summary>The last input ended the call so, and did nothing else.</summary>
    public CallSpec ThenEnds(CallDisposition disposition, double at, int? status = null, double? invited = 0, double? rang = null) =>
        Then(Ended(disposition, at, status, invited, rang));

    public CallSpec AndDeadline(double? at)
    {
        Assert.Equal(at is { } seconds ? At(seconds) : null, CallDecider.Deadline(State, Limits));
        return this;
    }

    public IReadOnlyList<CallAction> EverythingDone => [.. _before, .. _last];

    public static CallAction Ended(CallDisposition disposition, double at, int? status = null, double? invited = 0, double? rang = null) =>
        new CallAction.ReportEnd(new CallEnd
        {
            Disposition = disposition,
            SipStatus = status,
            InvitedAt = invited is { } invitedAt ? At(invitedAt) : null,
            RangAt = rang is { } rangAt ? At(rangAt) : null,
            EndedAt = At(at),
        });

    public static CallAction Rings(double at) => new CallAction.ReportRinging(At(0), At(at));

    public static readonly CallAction Seek = new CallAction.SeekTrunk();
    public static readonly CallAction Invite = new CallAction.SendInvite(Again: null);
    public static readonly CallAction Cancel = new CallAction.SendCancel();

    public static CallAction Again(InviteAgain again) => new CallAction.SendInvite(again);

    public static CallAction Ack(string dialog) => new CallAction.SendAck(dialog);

    public static CallAction Bye(string dialog) => new CallAction.SendBye(dialog);

    public static CallInput Start(double at = 0) => new CallInput.Start(At(at));

    /// <summary>A trunk that rings for 3 s.</summary>
    public static CallInput Found(double at = 0, double postDialDelayCap = 60) =>
        new CallInput.TrunkFound(At(at), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(postDialDelayCap));

    public static CallInput NoTrunk(double at, bool congested = false) => new CallInput.NoTrunk(At(at), congested);

    public static CallInput Provisional(int status, double at) => new CallInput.Provisional(At(at), status);

    public static CallInput Success(double at, string dialog = "a", int status = 200, bool late = false) =>
        new CallInput.Success(At(at), status, dialog, late);

    public static CallInput Refusal(int status, double at, InviteAgain? again = null) => new CallInput.Refusal(At(at), status, again);

    public static CallInput HangUp(double at, CancelReason reason = CancelReason.HangUp) => new CallInput.HangUp(At(at), reason);

    public static CallInput Clock(double at) => new CallInput.DeadlinePassed(At(at));

    public static CallInput NoAnswer(double at) => new CallInput.NoAnswer(At(at));

    public static CallInput NoTransport(double at, InviteAgain? again = null) => new CallInput.NoTransport(At(at), again);

    public static CallInput ConnectionLost(double at) => new CallInput.ConnectionLost(At(at));

    public static CallInput Abandon(double at) => new CallInput.Abandon(At(at));

    private static DateTimeOffset At(double seconds) => Zero.AddSeconds(seconds);
}
