namespace FlashCall.Hosting;

/// <summary>How settings are spelt where people set them most: in the environment.</summary>
public static class SettingName
{
    /// <summary>What the platform's environment variables begin with.</summary>
    public const string Prefix = "FLASHCALL_";

    /// <summary>The environment variable of a setting.</summary>
    /// <param name="path">The setting's full path as configuration has it: <c>Fraud:Thresholds:Block</c>.</param>
    /// <returns>Such as <c>FLASHCALL_FRAUD__THRESHOLDS__BLOCK</c>.</returns>
    public static string Of(string path) => Prefix + path.ToUpperInvariant().Replace(":", "__", StringComparison.Ordinal);
}
