using FlashCall.Gateway.Applications;

namespace FlashCall.Gateway.Access;

/// <summary>Who asks, once a credential has been accepted.</summary>
/// <param name="Application">The application that is acted for, as it was when the request came.</param>
/// <param name="KeyId">The key that was used; null for a client token, which belongs to none.</param>
/// <param name="Level">How strong the credential is.</param>
/// <param name="SessionId">The only session that the caller may act on; null where it may act on all of its application's.</param>
internal sealed record Caller(Application Application, Guid? KeyId, AuthorizationLevel Level, Guid? SessionId);

/// <summary>Where the caller of a request is found.</summary>
internal static class Callers
{
    /// <summary>The caller; null where the request came without a credential, or with one that was not accepted.</summary>
    public static Caller? Caller(this HttpContext context) => context.Features.Get<Caller>();
}
