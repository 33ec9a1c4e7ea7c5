using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.Verification.Sessions;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace FlashCall.Verification.Results;

/// <summary>
/// The result of a session that verified its number, as a signed token (JWT, RFC 7519): what an app hands to its backend, which can trust
/// it without asking back. The same session always says the same; the signature over it differs from token to token.
/// </summary>
internal sealed class ResultTokens(ResultKeys keys, ResultSettings settings, TimeProvider time)
{
    private static readonly JsonWebTokenHandler Handler = new() { SetDefaultTimesOnTokenCreation = false };

    /// <summary>The session's token; null where it did not verify its number, or did so too long ago.</summary>
    public async ValueTask<string?> ForAsync(VerificationSession session, CancellationToken cancellationToken)
    {
        // Of a number that is forgotten nothing can be said any longer.
        if (session is not VerificationSession.Ended { ProvenBy: not null } verified || verified.Asked.To == PhoneNumber.Erased)
            return null;
        var expires = verified.At + settings.TokenLifetime;
        if (time.GetUtcNow() >= expires)
            return null;
        var key = await keys.SignerAsync(cancellationToken);
        return Handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = settings.Issuer,
            Audience = verified.Asked.ApplicationId,
            IssuedAt = verified.At.UtcDateTime,
            Expires = expires.UtcDateTime,
            Claims = ClaimsOf(verified),
            SigningCredentials = key.Signing,
        });
    }

    private static Dictionary<string, object> ClaimsOf(VerificationSession.Ended verified)
    {
        var claims = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            [JwtRegisteredClaimNames.Jti] = verified.Id.ToString(),
            [JwtRegisteredClaimNames.Sub] = verified.Asked.To.E164,
            ["verification_id"] = verified.Id.ToString(),
            ["purpose"] = PurposeName.Write(verified.Asked.Purpose),
            ["verified_at"] = verified.At.ToUnixTimeSeconds(),
        };
        if (verified.Attempts.Find(attempt => attempt.Id == verified.ProvenBy) is { } proof)
        {
            claims["channel"] = proof.Channel;
            if (proof.Strength is { } strength)
            {
                claims["strength"] = new Dictionary<string, object>(StringComparer.Ordinal)
                {
                    ["candidates"] = strength.Candidates,
                    ["bits"] = Math.Round(strength.Bits, 2),
                    // Whoever only guesses may have guessed at each attempt's code.
                    ["guess_probability"] = Math.Min(1, verified.Attempts.Sum(attempt => attempt.Strength?.GuessProbability ?? 0)),
                };
            }
        }
        if (verified.Asked.Reference is { } reference)
            claims["reference"] = reference;
        if (verified.Asked.TransactionHash is { } transactionHash)
            claims["transaction_hash"] = transactionHash;
        return claims;
    }
}
