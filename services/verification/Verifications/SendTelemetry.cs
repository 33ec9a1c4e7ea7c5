using System.Security.Claims;
using FlashCall.Hosting;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using FluentValidation;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Verification.Verifications;

/// <summary>The client tells what became of the call on the phone: <c>POST /v1/verifications/{id}/telemetry</c>. It decides nothing, and
/// is taken after the end too; telling the same again changes nothing.</summary>
internal sealed record SendTelemetry
{
    /// <summary>The call came after the client had stopped waiting for it.</summary>
    public bool? LateCall { get; init; }

    /// <summary>No call came.</summary>
    public bool? NoCall { get; init; }

    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        Guid id, SendTelemetry request, ClaimsPrincipal caller, SessionStore sessions, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (Validation.Check(new Validator(), request) is { } problem)
            return problem;
        var outcome = await sessions.HandleAsync(
            id, caller.ApplicationId(),
            new SessionCommand.TakeTelemetry(request.LateCall, request.NoCall) { Now = time.Now() },
            cancellationToken);
        return outcome switch
        {
            null => Refusals.NoSuchSession(),
            { Refused: { } refused } => Refusals.Of(refused, outcome.State),
            _ => TypedResults.NoContent(),
        };
    }

    private sealed class Validator : AbstractValidator<SendTelemetry>
    {
        public Validator()
        {
            RuleFor(request => request.LateCall)
                .Must((request, lateCall) => lateCall is not null || request.NoCall is not null)
                .WithMessage("Give lateCall (the call came after you had stopped waiting) or noCall (none came), or both: true or false.");
        }
    }
}
