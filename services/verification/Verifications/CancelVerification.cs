using System.Security.Claims;
using FlashCall.Hosting;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Verification.Verifications;

/// <summary>The client gives up: <c>POST /v1/verifications/{id}/cancel</c>. A call under way stops. Cancelling again changes
/// nothing.</summary>
internal static class CancelVerification
{
    public static async Task<Results<Ok<VerificationView>, ProblemHttpResult>> HandleAsync(
        Guid id, ClaimsPrincipal caller, SessionStore sessions, TimeProvider time, CancellationToken cancellationToken)
    {
        var outcome = await sessions.HandleAsync(
            id, caller.ApplicationId(), new SessionCommand.Cancel { Now = time.Now() }, cancellationToken);
        return outcome switch
        {
            null => Refusals.NoSuchSession(),
            { Refused: { } refused } => Refusals.Of(refused, outcome.State),
            _ => TypedResults.Ok(VerificationView.Of(outcome.State).For(caller)),
        };
    }
}
