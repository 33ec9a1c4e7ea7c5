namespace FlashCall.Gateway.Access;

/// <summary>A client application that may call the API.</summary>
/// <param name="Id">Its id, which the services know it by: 1 to 64 of a–z, 0–9, <c>-</c>, <c>_</c>.</param>
/// <param name="Name">Its name for people, 1 to 100 characters.</param>
/// <param name="KeyHashes">SHA-256 of each of its API keys, 32 bytes each; several, so that keys can be rotated.</param>
/// <param name="Scopes">What it may do, from <see cref="Access.Scopes.All"/>.</param>
internal sealed record Application(string Id, string Name, IReadOnlyList<byte[]> KeyHashes, IReadOnlyList<string> Scopes);

/// <summary>What an application may be allowed to do.</summary>
internal static class Scopes
{
    /// <summary>Start, report and cancel verifications.</summary>
    public const string VerificationsWrite = "verifications:write";

    /// <summary>Look verifications up.</summary>
    public const string VerificationsRead = "verifications:read";

    /// <summary>See and change what carries the calls, trunks and numbers, and what stops them: fraud policies, blocks and lists.</summary>
    public const string Operations = "operations";

    /// <summary>Every scope there is.</summary>
    public static readonly IReadOnlyList<string> All = [VerificationsWrite, VerificationsRead, Operations];
}
