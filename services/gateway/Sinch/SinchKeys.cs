using FlashCall.Gateway.Applications;

namespace FlashCall.Gateway.Sinch;

/// <summary>Which key signs what is sent to an application.</summary>
internal static class SinchKeys
{
    /// <summary>The key that a session was started with, which its application is sure to know; any other of its keys where that one is
    /// gone.</summary>
    /// <param name="application">The application.</param>
    /// <param name="keyId">The key of the session; null where none is known.</param>
    /// <param name="now">The time (UTC).</param>
    /// <returns>A key with a signing secret; null where there is none.</returns>
    public static ApplicationKey? Choose(Application application, Guid? keyId, DateTimeOffset now) => application.Keys
        .Where(key => key.SigningSecret is not null && !key.HasExpired(now))
        .OrderByDescending(key => key.Id == keyId)
        .ThenByDescending(key => key.ExpiresAt ?? DateTimeOffset.MaxValue)
        .FirstOrDefault();
}
