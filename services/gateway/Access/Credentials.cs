using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FlashCall.Gateway.Applications;
using FlashCall.Gateway.Edge;
using FlashCall.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Npgsql;

namespace FlashCall.Gateway.Access;

/// <summary>Marks endpoints that take Basic and public authorization too: those of the Sinch-compatible surface. Nothing else does, since a
/// key's id is no secret and Basic sends the one that signs.</summary>
internal sealed class AcceptsSinchCredentials;

/// <summary>
/// Finds out who asks, from the <c>Authorization</c> header: <c>Bearer fck_…</c> (API key), <c>Bearer fct_…</c> (client token),
/// <c>Application id:signature</c>, and where <see cref="AcceptsSinchCredentials"/> is, <c>Basic</c> and <c>Application id</c>.
/// </summary>
internal sealed class Credentials(ApplicationDirectory applications, ClientTokens clientTokens, ReplayGuard replays, TimeProvider time)
{
    /// <summary>How far a signed request's timestamp may be from now, before or after.</summary>
    public static readonly TimeSpan TimestampTolerance = TimeSpan.FromMinutes(5);

    /// <summary>A UUID and a base64 secret of 32 bytes, and room; longer is not worth decoding.</summary>
    private const int LongestBasic = 256;

    private const int LongestTimestamp = 40;

    /// <summary>Looks at the one credential of a request.</summary>
    /// <returns>The caller, or why there is none.</returns>
    /// <exception cref="BadHttpRequestException">The body of a signed request is too large (413), or does not arrive.</exception>
    public ValueTask<(Caller? Accepted, Refusal? Refused)> CheckAsync(HttpContext context)
    {
        var authorization = context.Request.Headers.Authorization;
        // Two credentials leave open who is asking; proxies and servers differ in which one they take.
        if (authorization.Count != 1 || authorization[0] is not { } header || header.IndexOf(' ', StringComparison.Ordinal) is not (> 0 and var end))
            return new((null, Refusal.Unknown));
        var scheme = header.AsSpan(0, end);
        var value = header.AsSpan(end).Trim(' ');
        if (scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
        {
            return new(value.StartsWith(ClientTokens.Prefix, StringComparison.Ordinal)
                ? ClientTokenOf(value)
                : Accept(applications.FindApiKey(value), AuthorizationLevel.Bearer));
        }
        var takesSinch = context.GetEndpoint()?.Metadata.GetMetadata<AcceptsSinchCredentials>() is not null;
        if (scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
            return new(takesSinch ? BasicOf(value) : (null, Refusal.NotHere));
        if (!scheme.Equals("Application", StringComparison.OrdinalIgnoreCase))
            return new((null, Refusal.Unknown));
        var colon = value.IndexOf(':');
        if (colon < 0)
            return new(takesSinch ? Accept(KeyOf(value), AuthorizationLevel.Public) : (null, Refusal.NotHere));
        var signature = new byte[HMACSHA256.HashSizeInBytes];
        return KeyOf(value[..colon]) is { Key.SigningSecret: { } secret } found
            && Convert.TryFromBase64Chars(value[(colon + 1)..], signature, out var length) && length == signature.Length
            ? new(SignedOfAsync(context, found, secret, signature))
            : new((null, Refusal.Unknown));
    }

    private (Caller?, Refusal?) ClientTokenOf(ReadOnlySpan<char> text) =>
        clientTokens.Read(text, time.GetUtcNow()) is { } token && applications.Current.Find(token.ApplicationId) is { } application
            // Whatever the application asks of its own keys: the token was made for a session that was started with one of them.
            ? (new Caller(application, KeyId: null, AuthorizationLevel.Bearer, token.SessionId), null)
            : (null, Refusal.BadClientToken);

    private (Caller?, Refusal?) BasicOf(ReadOnlySpan<char> value)
    {
        Span<byte> bytes = stackalloc byte[LongestBasic];
        if (value.Length > LongestBasic || !Convert.TryFromBase64Chars(value, bytes, out var length))
            return (null, Refusal.Unknown);
        var text = Encoding.UTF8.GetString(bytes[..length]);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && KeyOf(text.AsSpan(0, colon)) is { Key.SigningSecret: { } secret } found
            && Convert.TryFromBase64Chars(text.AsSpan(colon + 1), bytes, out length)
            && CryptographicOperations.FixedTimeEquals(secret, bytes[..length])
            ? Accept(found, AuthorizationLevel.Bearer)
            : (null, Refusal.Unknown);
    }

    private async Task<(Caller?, Refusal?)> SignedOfAsync(
        HttpContext context, (Application Application, ApplicationKey Key) found, byte[] secret, byte[] signature)
    {
        var request = context.Request;
        if (request.Headers[RequestSignature.TimestampHeader] is not [{ Length: <= LongestTimestamp } timestamp]
            || !TryReadTimestamp(timestamp, out var signedAt)
            || (time.GetUtcNow() - signedAt).Duration() > TimestampTolerance)
        {
            return (null, Refusal.BadTimestamp);
        }
        var body = await WholeBody.ReadAsync(context);
        if (!RequestSignature.Fits(
            signature, secret, request.Method, body is null ? [] : body.GetBuffer().AsSpan(0, (int)body.Length),
            request.Headers.ContentType.ToString(), timestamp, TargetOf(context)))
        {
            return (null, Refusal.BadSignature);
        }
        var accepted = Accept(found, AuthorizationLevel.Signed);
        if (accepted.Item1 is null || HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
            return accepted;
        try
        {
            return await replays.TryUseAsync(signature, signedAt + TimestampTolerance, context.RequestAborted)
                ? accepted
                : (null, Refusal.Replayed);
        }
        // Nobody knows whether it was used before. The database's own health is shown by /health/ready.
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            return (null, Refusal.NotChecked);
        }
    }

    private (Application Application, ApplicationKey Key)? KeyOf(ReadOnlySpan<char> id) =>
        Guid.TryParseExact(id, "D", out var keyId) ? applications.Current.FindKey(keyId) : null;

    private (Caller?, Refusal?) Accept((Application Application, ApplicationKey Key)? found, AuthorizationLevel level) => found switch
    {
        null => (null, Refusal.Unknown),
        { } known when known.Key.HasExpired(time.GetUtcNow()) => (null, Refusal.Expired),
        { Application: { } application } when level < application.MinimumAuthorization => (null, Refusal.StrongerNeeded),
        { } known => (new Caller(known.Application, known.Key.Id, level, SessionId: null), null),
    };

    /// <summary>ISO 8601 with a zone. A time without one would be the server's.</summary>
    private static bool TryReadTimestamp(string text, out DateTimeOffset at)
    {
        at = default;
        return text.Length > 10 && text[4] == '-' && text[10] == 'T'
            && (text[^1] is 'Z' || text.AsSpan(11).ContainsAny('+', '-'))
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out at);
    }

    /// <summary>Path and query as they were sent (RFC 9112 §3.2).</summary>
    private static string TargetOf(HttpContext context) =>
        context.Features.Get<IHttpRequestFeature>() is { RawTarget: ['/', ..] target }
            ? target
            : context.Request.Path.ToUriComponent() + context.Request.QueryString.ToUriComponent();
}
