using FlashCall.Hosting;

namespace FlashCall.Verification.Results;

/// <summary>How results are signed: the settings <c>Results</c>, and the key that theirs are encrypted under.</summary>
internal sealed record ResultSettings
{
    /// <summary>The longest <see cref="TokenLifetime"/>; keys stay published for as long after their last signature.</summary>
    public static readonly TimeSpan LongestTokenLifetime = TimeSpan.FromHours(1);

    private const string Section = "Results";
    private const string SecretsKeyPath = "Verification:SecretsKey";
    private const int LongestIssuer = 200;
    private static readonly TimeSpan ShortestTokenLifetime = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ShortestRotation = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestRotation = TimeSpan.FromDays(365);
    private static readonly TimeSpan ShortestAhead = TimeSpan.FromMinutes(1);

    /// <summary><c>Results:Issuer</c>: who says so, the claim <c>iss</c>; 1 to 200 visible ASCII characters, <c>flashcall</c> by
    /// default.</summary>
    public string Issuer { get; init; } = "flashcall";

    /// <summary><c>Results:TokenLifetime</c>: how long after the verification its token is valid, 1 min to 1 h, 10 min by
    /// default.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary><c>Results:RotateEvery</c>: how long a key signs, 1 h to 365 days, 30 days by default.</summary>
    public TimeSpan RotateEvery { get; init; } = TimeSpan.FromDays(30);

    /// <summary><c>Results:PublishAhead</c>: how long a key is published before it signs, and so how long a verifier may keep what was
    /// published; 1 min to half of <see cref="RotateEvery"/>, a day by default.</summary>
    public TimeSpan PublishAhead { get; init; } = TimeSpan.FromDays(1);

    /// <summary><c>Verification:SecretsKey</c>: the key that the private keys are encrypted under in the database, 32 bytes, the same for all
    /// replicas.</summary>
    public required byte[] SecretsKey { get; init; }

    /// <summary>Reads and checks them.</summary>
    /// <returns>Null where the key is missing or wrong, which <paramref name="mistakes"/> then knows, as it does of all else.</returns>
    public static ResultSettings? Read(IConfiguration configuration, SettingsMistakes mistakes)
    {
        var section = configuration.GetSection(Section);
        mistakes.RefuseUnknown(section, nameof(Issuer), nameof(TokenLifetime), nameof(RotateEvery), nameof(PublishAhead));
        var secretsKey = mistakes.ReadKey(configuration.GetSection(SecretsKeyPath), isRequired: true);
        var read = new ResultSettings { SecretsKey = secretsKey ?? [] };
        read = read with
        {
            Issuer = ReadIssuer(section.GetSection(nameof(Issuer)), read.Issuer, mistakes),
            TokenLifetime = mistakes.ReadDuration(
                section.GetSection(nameof(TokenLifetime)), read.TokenLifetime, ShortestTokenLifetime, LongestTokenLifetime),
            RotateEvery = mistakes.ReadDuration(
                section.GetSection(nameof(RotateEvery)), read.RotateEvery, ShortestRotation, LongestRotation),
        };
        var longestAhead = read.RotateEvery / 2;
        read = read with
        {
            PublishAhead = mistakes.ReadDuration(
                section.GetSection(nameof(PublishAhead)), Shorter(read.PublishAhead, longestAhead), ShortestAhead, longestAhead),
        };
        return secretsKey is null ? null : read;
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static string ReadIssuer(IConfigurationSection setting, string otherwise, SettingsMistakes mistakes)
    {
        if (setting.Value is not { Length: > 0 } text)
            return otherwise;
        if (text.Length <= LongestIssuer && text.All(sign => sign is > ' ' and <= '~'))
            return text;
        mistakes.Add(setting.Path, $"is no issuer. Give 1 to {LongestIssuer} visible ASCII characters, such as https://verify.example.");
        return otherwise;
    }
}
