using System.Security.Claims;
using FlashCall.Hosting;
using FlashCall.Verification.Channels.FlashCalls;
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

    /// <summary><c>typed</c> (the default) or <c>intercepted</c>.</summary>
    public string? Source { get; init; }

    public static async Task<Results<Ok<ReportView>, ProblemHttpResult>> HandleAsync(
        Guid id, ReportCallerId request, ClaimsPrincipal caller, SessionStore sessions, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (Validation.Check(new Validator(), request) is { } problem)
            return problem;

        ReportedCallerId code = request.CallerId is { } whole
            ? new ReportedCallerId.Whole(whole)
            : new ReportedCallerId.LastDigits(string.Concat(request.Digits!.Where(char.IsAsciiDigit)));
        var source = request.Source == "intercepted" ? ReportSource.Intercepted : ReportSource.Typed;
        var outcome = await sessions.HandleAsync(
            id, caller.ApplicationId(), new SessionCommand.Report(code, source) { Now = time.GetUtcNow() }, cancellationToken);
        return outcome switch
        {
            null => Refusals.NoSuchSession(),
            { Refused: { } refused } => Refusals.Of(refused, outcome.State),
            _ => TypedResults.Ok(ReportView.Of(outcome.State)),
        };
    }

    private sealed class Validator : AbstractValidator<ReportCallerId>
    {
        public Validator()
        {
            RuleLevelCascadeMode = CascadeMode.Stop;
            RuleFor(request => request.CallerId)
                .Must((request, callerId) => callerId is null != request.Digits is null)
                .WithMessage("Give either callerId (the whole number) or digits (its last digits).")
                .Must(callerId => callerId is null || (callerId.Length <= 32 && callerId.Count(char.IsAsciiDigit) is >= 4 and <= 18))
                .WithMessage("Not a caller ID: a phone number of 4 to 15 digits, with + or 00 or as the phone shows it.");
            RuleFor(request => request.Digits)
                .Must(digits => digits is null || (digits.Length <= 20 && digits.All(sign => char.IsAsciiDigit(sign) || sign is ' ' or '-')
                    && digits.Count(char.IsAsciiDigit) is >= 1 and <= 15))
                .WithMessage("Give the last digits of the number that called: ASCII digits only.");
            RuleFor(request => request.Source).Must(source => source is null or "typed" or "intercepted")
                .WithMessage("Expected 'typed' or 'intercepted'.");
        }
    }
}

/// <summary>The answer to a report.</summary>
internal sealed record ReportView
{
    public required Guid Id { get; init; }

    public required string Status { get; init; }

    /// <summary><c>match</c> or <c>no_match</c>. A wrong report is not an HTTP error.</summary>
    public required string Report { get; init; }

    public required int ReportsLeft { get; init; }

    public string? Reason { get; init; }

    public string? Detail { get; init; }

    public static ReportView Of(VerificationSession session)
    {
        var view = VerificationView.Of(session);
        return new ReportView
        {
            Id = view.Id,
            Status = view.Status,
            Report = session is VerificationSession.Ended { ProvenBy: not null } ? "match" : "no_match",
            ReportsLeft = view.ReportsLeft,
            Reason = view.Reason,
            Detail = view.Detail,
        };
    }
}
