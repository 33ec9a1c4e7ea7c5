using System.Security.Claims;
using FlashCall.Hosting;
using FlashCall.Verification.Channels.FlashCalls;
using FlashCall.Verification.Results;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using FluentValidation;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Verification.Verifications;

/// <summary>The client reports the caller ID of the missed call: <c>POST /v1/verifications/{id}/report</c>.</summary>
internal sealed record ReportCallerId
{
    /// <summary>The whole caller ID, in any spelling a phone shows.</summary>
    public string? CallerId { get; init; }

    /// <summary>Or its last digits, as a person types them.</summary>
    public string? Digits { get; init; }

    /// <summary>Or true, when the phone rang and showed none.</summary>
    public bool? Withheld { get; init; }

    /// <summary><c>typed</c> (the default) or <c>intercepted</c>.</summary>
    public string? Source { get; init; }

    /// <summary>The source in the client's own word, given back as it came; at most 32 letters, digits, dashes or underscores.</summary>
    public string? SourceText { get; init; }

    public static async Task<Results<Ok<ReportView>, ProblemHttpResult>> HandleAsync(
        Guid id, ReportCallerId request, ClaimsPrincipal caller, SessionStore sessions, ResultTokens results,
        TimeProvider time, CancellationToken cancellationToken)
    {
        if (Validation.Check(new Validator(), request) is { } problem)
            return problem;

        var source = request.Source == "intercepted" ? ReportSource.Intercepted : ReportSource.Typed;
        var outcome = await sessions.HandleAsync(
            id, caller.ApplicationId(),
            new SessionCommand.Report(request.Code(source), source, Guid.CreateVersion7())
            {
                Now = time.Now(),
                SourceText = request.SourceText,
            },
            cancellationToken);
        return outcome switch
        {
            null => Refusals.NoSuchSession(),
            { Refused: { } refused } => Refusals.Of(refused, outcome.State),
            _ => TypedResults.Ok(ReportView.Of(outcome) with
            {
                ResultToken = await results.ForAsync(outcome.State, cancellationToken),
            }),
        };
    }

    private ReportedCallerId Code(ReportSource source) =>
        CallerId is not null ? CallerIdText.Of(CallerId).ToReport(isTyped: source == ReportSource.Typed)
        : Digits is not null ? new ReportedCallerId.LastDigits(string.Concat(Digits.Where(char.IsAsciiDigit)))
        : new ReportedCallerId.Withheld();

    private int Given() => (CallerId is null ? 0 : 1) + (Digits is null ? 0 : 1) + (Withheld is true ? 1 : 0);

    private sealed class Validator : AbstractValidator<ReportCallerId>
    {
        /// <summary>Room for a <c>tel:</c> URI, or for marks around every digit.</summary>
        private const int LongestText = 64;

        public Validator()
        {
            RuleLevelCascadeMode = CascadeMode.Stop;
            RuleFor(request => request.CallerId)
                .Must((request, _) => request.Given() == 1)
                .WithMessage("Give one of callerId (the whole number), digits (its last digits) or withheld (true: the phone showed none).")
                .Must(callerId => callerId is null || (callerId.Length <= LongestText && IsCallerId(CallerIdText.Of(callerId))))
                .WithMessage("Not a caller ID: a phone number of 4 to 15 digits, with + or 00 or as the phone shows it, "
                    + "or nothing at all where it showed none.");
            RuleFor(request => request.Digits)
                .Must(digits => digits is null || (digits.Length <= 20 && digits.All(sign => char.IsAsciiDigit(sign) || sign is ' ' or '-')
                    && digits.Count(char.IsAsciiDigit) is >= 1 and <= 15))
                .WithMessage("Give the last digits of the number that called: ASCII digits only.");
            RuleFor(request => request.Source).Must(source => source is null or "typed" or "intercepted")
                .WithMessage("Expected 'typed' or 'intercepted'.");
            RuleFor(request => request.SourceText)
                .Must(text => text is null
                    || (text.Length is > 0 and <= 32 && text.All(sign => char.IsAsciiLetterOrDigit(sign) || sign is '-' or '_')))
                .WithMessage("1 to 32 ASCII letters, digits, dashes or underscores.");
        }

        // Seven digits more than a number has: the exit code with that of a carrier.
        private static bool IsCallerId(CallerIdText text) => text.IsWithheld || text.Digits.Length is >= 4 and <= 22;
    }
}

/// <summary>The answer to a report.</summary>
internal sealed record ReportView
{
    public required Guid Id { get; init; }

    public required string Status { get; init; }

    /// <summary><c>match</c> or <c>no_match</c>. A wrong report is not an HTTP error.</summary>
    public required string Report { get; init; }

    /// <summary>Why it did not match, where more is known than that: <c>caller_id_withheld</c> or <c>caller_id_rewritten</c>.</summary>
    public string? ReportReason { get; init; }

    /// <summary>How the caller ID came to be reported, as the report said it.</summary>
    public string? Source { get; init; }

    public required int ReportsLeft { get; init; }

    public string? Reason { get; init; }

    public string? Detail { get; init; }

    /// <summary>The signed result, with the report that verified the number.</summary>
    public string? ResultToken { get; init; }

    public static ReportView Of(SessionStore.Outcome outcome)
    {
        var view = VerificationView.Of(outcome.State);
        return new ReportView
        {
            Id = view.Id,
            Status = view.Status,
            Report = outcome.State is VerificationSession.Ended { ProvenBy: not null } ? "match" : "no_match",
            ReportReason = outcome.Events.Select(ReasonOf).FirstOrDefault(reason => reason is not null),
            Source = ReportedSource.Of(outcome.Events),
            ReportsLeft = view.ReportsLeft,
            Reason = view.Reason,
            Detail = view.Detail,
        };
    }

    private static string? ReasonOf(VerificationEvent happened) => happened switch
    {
        SessionEvent.ReportReceived report => report.Reason,
        FlashCallEvent.CallerIdWithheld => Reasons.CallerIdWithheld,
        _ => null,
    };
}
