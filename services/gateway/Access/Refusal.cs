using FlashCall.Hosting;
using Microsoft.AspNetCore.Mvc;

namespace FlashCall.Gateway.Access;

/// <summary>Why a credential was not accepted: what the client is told, and what a surface that speaks another language of errors
/// translates.</summary>
/// <param name="Status">The HTTP status: 401, or 503 where it could not be checked.</param>
/// <param name="Code">Stable code in snake_case.</param>
/// <param name="Title">What kind of refusal this is.</param>
/// <param name="Detail">What would be right, without a word of the credential.</param>
/// <param name="MayBeGuess">Whether somebody may be trying credentials; those are counted by <see cref="FailedAttempts"/>.</param>
internal sealed record Refusal(int Status, string Code, string Title, string Detail, bool MayBeGuess = false)
{
    /// <summary>No credential of a kind that this address takes, or one that nobody has.</summary>
    public static readonly Refusal Unknown = Of("unauthorized", "No valid credential",
        "The credential is not valid. Send one 'Authorization: Bearer <key>' header with the whole key, and check that it has not been "
        + "revoked.", mayBeGuess: true);

    /// <summary>A client token that was not made here, or whose session is over.</summary>
    public static readonly Refusal BadClientToken = Of("unauthorized", "No valid credential",
        "The client token is not valid: it ends a minute after its session does. Start a new verification.", mayBeGuess: true);

    /// <summary>Basic, or a key's id alone, at an address that takes neither.</summary>
    public static readonly Refusal NotHere = Of("unauthorized", "No valid credential",
        "The credential is not valid here: this address takes 'Authorization: Bearer <key>', or a signed request. "
        + "Basic and public authorization are for /verification/v1 alone.");

    /// <summary>A key that was good once.</summary>
    public static readonly Refusal Expired = Of("credential_expired", "The key has expired",
        "This key is past its expiresAt. Make a new one for the application and use it.");

    /// <summary>A good credential of a weaker kind than the application asks of itself.</summary>
    public static readonly Refusal StrongerNeeded = Of("stronger_authorization_needed", "A stronger credential is needed",
        "The application's minimumAuthorization is above this credential. Send the API key as Bearer, or sign the request, as it says.");

    /// <summary>No <c>x-timestamp</c>, or one that is too far from now.</summary>
    public static readonly Refusal BadTimestamp = Of("invalid_timestamp", "The timestamp is not valid",
        "A signed request carries one x-timestamp in ISO 8601 with its zone, such as 2026-01-01T00:00:00Z, within 5 minutes of now. "
        + "Check the clock.");

    /// <summary>The signature is not the one that the key makes of this request.</summary>
    public static readonly Refusal BadSignature = Of("invalid_signature", "The signature is not valid",
        "The signature does not fit the request. Sign method, Content-MD5, Content-Type as sent, 'x-timestamp:<value>' and the path "
        + "with its query, each on a line of its own, with HMAC-SHA256 under the decoded signing secret.", mayBeGuess: true);

    /// <summary>The signature is good and was used already.</summary>
    public static readonly Refusal Replayed = Of("replayed", "The request was sent before",
        "A request with this signature was taken already. Sign each request anew, with an x-timestamp of its own.");

    /// <summary>The database that remembers used signatures does not answer.</summary>
    public static readonly Refusal NotChecked = new(StatusCodes.Status503ServiceUnavailable, "unavailable", "Not available at the moment",
        "A signed request cannot be checked at the moment. Sign it anew and try again in a few seconds.");

    /// <summary>The same as a document.</summary>
    public ProblemDetails ToProblem() => Problems.Create(Status, Code, Title, Detail);

    private static Refusal Of(string code, string title, string detail, bool mayBeGuess = false) =>
        new(StatusCodes.Status401Unauthorized, code, title, detail, mayBeGuess);
}
