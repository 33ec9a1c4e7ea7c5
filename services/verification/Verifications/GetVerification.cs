using System.Security.Claims;
using FlashCall.Hosting;
using FlashCall.Verification.Results;
using FlashCall.Verification.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Verification.Verifications;

/// <summary>Where a session stands and how it came there: <c>GET /v1/verifications/{id}</c>.</summary>
internal static class GetVerification
{
    public static async Task<Results<Ok<VerificationView>, ProblemHttpResult>> HandleAsync(
        Guid id, ClaimsPrincipal caller, SessionStore sessions, ResultTokens results, CancellationToken cancellationToken) =>
        await sessions.ReadAsync(id, cancellationToken) is { } found && found.State.Asked.ApplicationId == caller.ApplicationId()
            ? TypedResults.Ok(VerificationView.Of(found) with
            {
                ResultToken = await results.ForAsync(found.State, cancellationToken),
            })
            : Refusals.NoSuchSession();
}
