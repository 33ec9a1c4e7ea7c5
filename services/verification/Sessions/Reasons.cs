namespace FlashCall.Verification.Sessions;

/// <summary>Why a session ended or an attempt failed or a report was wrong: stable codes that clients may switch on, each with its sentence.
/// A session that was denied carries the code of its risk factor instead.</summary>
internal static class Reasons
{
    public const string NotReported = "not_reported";
    public const string CancelledByClient = "cancelled_by_client";
    public const string NewerSession = "newer_session";
    public const string TooManyReports = "too_many_reports";
    public const string RiskUnavailable = "risk_unavailable";
    public const string NumberPoolUnavailable = "number_pool_unavailable";
    public const string NoCallerId = "no_caller_id";
    public const string PoolTooSmall = "pool_too_small";
    public const string CalleeLimit = "callee_limit";
    public const string ClientLimit = "client_limit";
    public const string PoolLimit = "pool_limit";
    public const string CallerIdWithheld = "caller_id_withheld";
    public const string CallerIdRewritten = "caller_id_rewritten";
    public const string CalleeBusy = "callee_busy";
    public const string CallRejected = "call_rejected";
    public const string NumberNotInService = "number_not_in_service";
    public const string CalleeUnreachable = "callee_unreachable";
    public const string NotRinging = "not_ringing";
    public const string NetworkError = "network_error";
    public const string Congested = "congested";
    public const string CallInterrupted = "call_interrupted";
    public const string CallLost = "call_lost";
    public const string CallTooLate = "call_too_late";

    /// <summary>The application's own callback said no.</summary>
    public const string CallbackDenied = "callback_denied";

    /// <summary>The application's own callback did not answer, or not in a way that can be read.</summary>
    public const string CallbackInvalid = "callback_invalid";

    /// <summary>The sentence for a code, for the developer of a client app.</summary>
    public static string? Sentence(string? code) => code switch
    {
        null => null,
        NotReported => "The phone's caller ID was not reported before the session expired.",
        CancelledByClient => "The client cancelled the session.",
        NewerSession => "A newer session for the same number took the place of this one.",
        TooManyReports => "Too many reports named another caller ID. Start a new session.",
        RiskUnavailable => "The risk of the call could not be assessed in time. Try again.",
        NumberPoolUnavailable => "No caller ID could be leased in time. Try again.",
        NoCallerId => "No caller ID is free for this number at the moment. Try another channel, or again later.",
        PoolTooSmall => "Too few caller IDs could ring this number for a code that is hard to guess. Try another channel.",
        CalleeLimit => "This number was called too often of late. Try another channel, or again later.",
        ClientLimit => "This device or address asked for too many calls, or named too many wrong caller IDs, of late. Try again later.",
        PoolLimit => "More calls are asked for than the platform gives at present. Try again in some minutes.",
        CallerIdWithheld => "The phone rang and showed no caller ID. Try another channel.",
        CallerIdRewritten => "The reported number cannot be the one that rang: the network changed it, or another call was read.",
        CalleeBusy => "The phone is busy.",
        CallRejected => "The call was rejected before it rang.",
        NumberNotInService => "Nobody has this number.",
        CalleeUnreachable => "The phone is switched off or out of coverage.",
        NotRinging => "The network took the call but the phone did not ring in time.",
        NetworkError => "The carrier did not put the call through.",
        Congested => "No line was free for the call. Try again.",
        CallInterrupted => "The call was interrupted on our side. Try again.",
        CallLost => "What became of the call is not known. Try again.",
        CallTooLate => "The call could not be placed in time. Try again.",
        CallbackDenied => "The application's callback denied the request.",
        CallbackInvalid => "The application's callback did not answer with an action that is known.",
        _ => null,
    };
}
