using FlashCall.Hosting;
using FlashCall.Verification.Sessions;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Verification.Verifications;

/// <summary>What the headers of a start say.</summary>
internal sealed record StartHeaders
{
    /// <summary>The gateway's: the id that the session shall have.</summary>
    private const string VerificationIdHeader = "FlashCall-Verification-Id";

    /// <summary>The gateway's: why the session is denied as it begins.</summary>
    private const string DeniedHeader = "FlashCall-Denied";

    private const string IdempotencyKeyHeader = "Idempotency-Key";
    private const int LongestKey = 255;

    private StartHeaders()
    {
    }

    /// <summary>The client's key that makes the start repeatable.</summary>
    public string? IdempotencyKey { get; private init; }

    /// <summary>How long the client would have the answer wait.</summary>
    public TimeSpan? Wait { get; private init; }

    /// <summary>The id that the session shall have.</summary>
    public Guid? VerificationId { get; private init; }

    /// <summary>Why the session is denied as it begins.</summary>
    public string? Denied { get; private init; }

    /// <summary>Reads the headers. Those that begin with FlashCall are the gateway's own: it lets none of a client's pass.</summary>
    /// <returns>Null where one is wrong; <paramref name="problem"/> says which then.</returns>
    public static StartHeaders? Read(HttpRequest request, out ProblemHttpResult? problem)
    {
        problem = null;
        var keys = request.Headers[IdempotencyKeyHeader];
        if (keys.Count > 1 || (keys is [{ } key] && (key.Length is 0 or > LongestKey || key.Any(sign => sign is < '!' or > '~'))))
        {
            problem = Problems.Problem(400, "invalid_idempotency_key", "Not an idempotency key",
                $"Idempotency-Key has 1 to {LongestKey} visible ASCII characters without spaces, such as a UUID, and is sent once.");
            return null;
        }
        Guid? id = null;
        if (request.Headers[VerificationIdHeader] is [{ } idText])
        {
            if (!Guid.TryParseExact(idText, "D", out var given) || given.Version != 7)
            {
                problem = Problems.Problem(400, "invalid_verification_id", "Not an id for a verification",
                    $"{VerificationIdHeader} is a UUID of version 7 (RFC 9562).");
                return null;
            }
            id = given;
        }
        var denied = request.Headers[DeniedHeader] is [{ } reason] ? reason : null;
        if (denied is not (null or Reasons.CallbackDenied or Reasons.CallbackInvalid))
        {
            problem = Problems.Problem(400, "invalid_denial", "Not a reason to deny",
                $"{DeniedHeader} is {Reasons.CallbackDenied} or {Reasons.CallbackInvalid}.");
            return null;
        }
        return new StartHeaders
        {
            IdempotencyKey = keys is [{ } text] ? text : null,
            Wait = Preferences.Wait(request),
            VerificationId = id,
            Denied = denied,
        };
    }
}
