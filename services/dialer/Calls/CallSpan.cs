using System.Diagnostics;
using System.Globalization;
using FlashCall.Contracts;
using FlashCall.Hosting;

namespace FlashCall.Dialer.Calls;

/// <summary>The span of one call in its verification's trace, with its SIP steps as events. It holds no phone number and no caller ID.</summary>
internal sealed class CallSpan
{
    /// <summary>A phone that rings later than so long after the INVITE rings slowly; the objective for post-dial delays.</summary>
    private static readonly TimeSpan SlowRing = TimeSpan.FromSeconds(5);

    private readonly CallClock _clock;

    private CallSpan(Activity activity, CallClock clock) => (Activity, _clock) = (activity, clock);

    /// <summary>The span itself. It ends when the call's end is reported.</summary>
    public Activity Activity { get; }

    /// <summary>Begins it, if the call is traced.</summary>
    /// <param name="command">The call.</param>
    /// <param name="clock">Its clock.</param>
    public static CallSpan? Begin(PlaceFlashCall command, CallClock clock)
    {
        var parent = Activity.Current;
        var activity = Telemetry.Source.StartActivity("INVITE", ActivityKind.Client);
        // The span is the call's, which outlives the handling of the command.
        Activity.Current = parent;
        if (activity is null)
            return null;
        // It lasts for as long as the phone rings.
        activity.SetTag(Telemetry.Waits, value: true);
        activity.SetTag("flashcall.verification.id", command.VerificationId.ToString());
        activity.SetTag("flashcall.attempt.id", command.AttemptId.ToString());
        return new CallSpan(activity, clock);
    }

    /// <summary>A response came.</summary>
    public void Note(int status) => Note(status.ToString(CultureInfo.InvariantCulture));

    /// <summary>Something was sent, or failed.</summary>
    /// <param name="step">What.</param>
    /// <param name="trunk">Where to, of an INVITE.</param>
    public void Note(string step, string? trunk = null)
    {
        if (Activity.IsStopped)
            return;
        var tags = trunk is null ? null : new ActivityTagsCollection { { "flashcall.trunk", trunk } };
        Activity.AddEvent(new ActivityEvent(step, _clock.Now, tags));
    }

    /// <summary>The call goes over a trunk.</summary>
    public void Enter(CallOnTrunk leg)
    {
        Activity.SetTag("flashcall.trunk", leg.Trunk.Name);
        Activity.SetTag("network.protocol.name", "sip");
        Activity.SetTag("network.transport", leg.Hop.Transport.Protocol);
    }

    /// <summary>The phone rings.</summary>
    public void Ring(CallAction.ReportRinging ringing)
    {
        var delay = ringing.RangAt - ringing.InvitedAt;
        Activity.SetTag("flashcall.post_dial_delay", delay.TotalSeconds);
        if (delay > SlowRing)
            Activity.SetTag(Telemetry.Slow, value: true);
    }

    /// <summary>The call is over.</summary>
    public void End(CallEnd end)
    {
        Activity.SetTag("flashcall.disposition", end.Disposition.ToString());
        if (end.SipStatus is { } status)
            Activity.SetTag("sip.status", status);
        if (end.RangAt is { } rangAt)
            Activity.SetTag("flashcall.ring_time", (end.EndedAt - rangAt).TotalSeconds);
        if (end.Disposition is CallDisposition.TrunkFailed or CallDisposition.Silent or CallDisposition.Interrupted)
            Activity.SetStatus(ActivityStatusCode.Error, end.Disposition.ToString());
    }
}
