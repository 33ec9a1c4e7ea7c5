namespace FlashCall.Gateway.Access;

/// <summary>What an application may be allowed to do.</summary>
internal static class Scopes
{
    /// <summary>Start, report and cancel verifications, and say where to tell of them.</summary>
    public const string VerificationsWrite = "verifications:write";

    /// <summary>Look verifications up.</summary>
    public const string VerificationsRead = "verifications:read";

    /// <summary>Look back over all that happened, for analysts.</summary>
    public const string AnalyticsRead = "analytics:read";

    /// <summary>See and change what carries the calls, trunks and numbers, and what stops them: fraud policies, blocks and lists.</summary>
    public const string Operations = "operations";

    /// <summary>Forget persons, and see the proof that they were forgotten.</summary>
    public const string SubjectsErase = "subjects:erase";

    /// <summary>See and change the applications and their keys.</summary>
    public const string Admin = "admin";

    /// <summary>Every scope there is.</summary>
    public static readonly IReadOnlyList<string> All =
        [VerificationsWrite, VerificationsRead, AnalyticsRead, Operations, SubjectsErase, Admin];
}
