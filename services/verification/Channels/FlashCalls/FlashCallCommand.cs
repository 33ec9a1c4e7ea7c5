using FlashCall.Contracts;
using FlashCall.Verification.Sessions;

namespace FlashCall.Verification.Channels.FlashCalls;

/// <summary>News about an attempt by flash call, from the pool or the dialer.</summary>
internal abstract record FlashCallCommand : AttemptCommand
{
    private FlashCallCommand()
    {
    }

    /// <summary>The pool gave a caller ID.</summary>
    public sealed record TakeCallerId(CallerIdLeased News) : FlashCallCommand
    {
        public override Guid AttemptId => News.AttemptId;
    }

    /// <summary>The pool gave none.</summary>
    public sealed record TakeRefusal(CallerIdUnavailable News) : FlashCallCommand
    {
        public override Guid AttemptId => News.AttemptId;
    }

    /// <summary>The phone rings.</summary>
    public sealed record TakeRinging(FlashCallRinging News) : FlashCallCommand
    {
        public override Guid AttemptId => News.AttemptId;
    }

    /// <summary>The call is over.</summary>
    public sealed record TakeCallEnd(FlashCallEnded News) : FlashCallCommand
    {
        public override Guid AttemptId => News.AttemptId;
    }
}

/// <summary>A caller ID as a client reports it: the whole number in any spelling, its last digits, or that
/// there was none.</summary>
internal abstract record ReportedCallerId : ReportedCode
{
    private ReportedCallerId()
    {
    }

    /// <summary>As a phone shows or logs it.</summary>
    public sealed record Whole(CallerIdText Text) : ReportedCallerId
    {
        /// <summary>Says nothing of the text: it may be a stranger's number.</summary>
        public override string ToString() => nameof(Whole);
    }

    /// <summary>The phone showed none.</summary>
    public sealed record Withheld : ReportedCallerId;

    /// <summary>The last digits, as a person types them. ASCII digits only.</summary>
    public sealed record LastDigits(string Digits) : ReportedCallerId
    {
        /// <summary>Says nothing of the digits.</summary>
        public override string ToString() => nameof(LastDigits);
    }
}
