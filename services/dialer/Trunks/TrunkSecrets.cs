using System.Text.Json.Serialization;

namespace FlashCall.Dialer.Trunks;

/// <summary>What of a trunk nobody may read who looks at the database, the API or a log.</summary>
internal sealed record TrunkSecrets
{
    /// <summary>A trunk without any.</summary>
    public static readonly TrunkSecrets None = new();

    /// <summary>See <see cref="TrunkCredentials.Password"/>.</summary>
    public string? Password { get; init; }

    /// <summary>See <see cref="TrunkTls.ClientKey"/>.</summary>
    public string? ClientKey { get; init; }

    /// <summary>The fields that there is a secret of, as the API spells them.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Fields =>
        [.. Password is null ? [] : (string[])["credentials.password"], .. ClientKey is null ? [] : (string[])["tls.clientKey"]];

    /// <summary>Which there are, nothing more.</summary>
    public override string ToString() => $"{nameof(TrunkSecrets)} {{ {string.Join(", ", Fields)} }}";
}
