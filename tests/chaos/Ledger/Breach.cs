namespace FlashCall.Chaos.Ledger;

/// <summary>A word that was not kept.</summary>
/// <param name="Kind">Which one.</param>
/// <param name="What">What is wrong, with the ids to look it up by and no number unmasked.</param>
internal sealed record Breach(BreachKind Kind, string What);

/// <summary>The words that can be broken.</summary>
internal enum BreachKind
{
    /// <summary>A start was acknowledged, and there is no such session.</summary>
    SessionLost,

    /// <summary>One start, repeated under its key, began several sessions.</summary>
    StartedTwice,

    /// <summary>A session has no end.</summary>
    NotEnded,

    /// <summary>A session has several ends.</summary>
    EndedTwice,

    /// <summary>A session ended more than 10 s after its deadline.</summary>
    EndedLate,

    /// <summary>Somebody was told another end than the one that the stream has.</summary>
    ToldOtherwise,

    /// <summary>An acknowledged report, or cancellation, is not what the stream has.</summary>
    ReportNotHonoured,

    /// <summary>A session was verified although nobody reported the right number.</summary>
    VerifiedWithoutProof,

    /// <summary>A phone was rung more than once for an attempt.</summary>
    RungTwice,

    /// <summary>A phone was rung and no attempt is on record for it.</summary>
    RungUnrecorded,

    /// <summary>A callee was given a caller ID that its call log may show already, or two attempts the same one.</summary>
    LeasedTwice,

    /// <summary>The pool and the session know different leases.</summary>
    LeaseDiffers,

    /// <summary>A lease runs on although its session is over.</summary>
    LeaseLeftOver,

    /// <summary>A call goes on, or is not reported, although its session is over.</summary>
    CallLeftOver,

    /// <summary>What the dialer recorded of a call never reached the session.</summary>
    CallEndLost,

    /// <summary>A session's end was not told to the webhook.</summary>
    WebhookLost,

    /// <summary>A message was given up on.</summary>
    DeadLetter,

    /// <summary>So few sessions were verified that the run shows little.</summary>
    TooFewVerified,

    /// <summary>Work was left over when all should have been quiet.</summary>
    Unfinished,

    /// <summary>A service wrote a phone number or a caller ID, unmasked.</summary>
    NumberShown,
}
