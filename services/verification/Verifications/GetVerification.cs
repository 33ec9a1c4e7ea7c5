using System.Security.Claims;
using FlashCall.Hosting;
using FlashCall.Verification.Results;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Watching;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Verification.Verifications;

/// <summary>
/// Where a session stands and how it came there: <c>GET /v1/verifications/{id}</c>. With <c>If-None-Match</c> only if that has changed;
/// with <c>Prefer: wait</c> not before it has changed, or, where the client names no version that it has, not before it has ended.
/// </summary>
internal static class GetVerification
{
    public static async Task<Results<Ok<VerificationView>, StatusCodeHttpResult, ProblemHttpResult>> HandleAsync(
        Guid id, HttpContext http, ClaimsPrincipal caller, SessionStore sessions, SessionWaits waits, ResultTokens results,
        CancellationToken cancellationToken)
    {
        var found = await sessions.ReadAsync(id, cancellationToken);
        if (found?.State.Asked.ApplicationId != caller.ApplicationId())
            return Refusals.NoSuchSession();
        if (Preferences.Wait(http.Request) is { } wait)
        {
            Preferences.SetApplied(http.Response, wait);
            if (!IsEnough(found.State))
            {
                await waits.UntilAsync(id, IsEnough, wait, cancellationToken);
                found = (await sessions.ReadAsync(id, cancellationToken))!;
            }
        }
        VerificationHeaders.SetVersion(http.Response, found.State.Revision);
        if (VerificationHeaders.HasVersion(http.Request, found.State.Revision))
            return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        return TypedResults.Ok(VerificationView.Of(found).For(caller) with
        {
            ResultToken = await results.ForAsync(found.State, cancellationToken),
        });

        bool IsEnough(VerificationSession session) => VerificationHeaders.NamesVersion(http.Request)
            ? !VerificationHeaders.HasVersion(http.Request, session.Revision)
            : session is VerificationSession.Ended;
    }
}
