using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlashCall.Dialer.Trunks;

/// <summary>A trunk as an operator writes it, in the settings or over the API, before anybody has looked whether it is right; what is left
/// out has the default of <see cref="Trunk"/>. As JSON it is what the API takes and what the database keeps, secrets aside.</summary>
internal sealed record TrunkDocument
{
    /// <summary>See <see cref="Trunk.Name"/>; over the API it is part of the address.</summary>
    [JsonIgnore]
    public string? Name { get; init; }

    /// <summary><c>udp</c>, <c>tcp</c> or <c>tls</c>.</summary>
    public string? Transport { get; init; }

    /// <summary>See <see cref="Trunk.Addresses"/>.</summary>
    public IReadOnlyList<string?>? Addresses { get; init; }

    /// <summary>See <see cref="Trunk.Credentials"/>.</summary>
    public CredentialsDocument? Credentials { get; init; }

    /// <summary>See <see cref="Trunk.Tls"/>.</summary>
    public TlsDocument? Tls { get; init; }

    /// <summary><c>e164</c>, <c>e164_without_plus</c> or <c>national</c>.</summary>
    public string? CallerIdFormat { get; init; }

    /// <summary>See <see cref="Trunk.Domain"/>.</summary>
    public string? Domain { get; init; }

    /// <summary>See <see cref="Trunk.Headers"/>.</summary>
    public IReadOnlyDictionary<string, string?>? Headers { get; init; }

    /// <summary>The patterns of <see cref="Trunk.CallerIds"/>.</summary>
    public IReadOnlyList<string?>? CallerIds { get; init; }

    /// <summary>See <see cref="Trunk.Destinations"/>.</summary>
    public IReadOnlyList<DestinationDocument?>? Destinations { get; init; }

    /// <summary>See <see cref="Trunk.Currency"/>.</summary>
    public string? Currency { get; init; }

    /// <summary>See <see cref="Trunk.CallsPerSecond"/>.</summary>
    public double? CallsPerSecond { get; init; }

    /// <summary>See <see cref="Trunk.Burst"/>.</summary>
    public int? Burst { get; init; }

    /// <summary>See <see cref="Trunk.Channels"/>.</summary>
    public int? Channels { get; init; }

    /// <summary>See <see cref="Trunk.RingTime"/>; in seconds as JSON has it.</summary>
    [JsonPropertyName("ringTimeSeconds"), JsonConverter(typeof(SecondsJson))]
    public TimeSpan? RingTime { get; init; }

    /// <summary>See <see cref="Trunk.PostDialDelayCap"/>; in seconds as JSON has it.</summary>
    [JsonPropertyName("postDialDelayCapSeconds"), JsonConverter(typeof(SecondsJson))]
    public TimeSpan? PostDialDelayCap { get; init; }

    /// <summary>See <see cref="Trunk.Priority"/>.</summary>
    public int? Priority { get; init; }

    /// <summary>See <see cref="Trunk.Weight"/>.</summary>
    public int? Weight { get; init; }

    /// <summary>See <see cref="Trunk.AllowRedirects"/>.</summary>
    public bool? AllowRedirects { get; init; }

    /// <summary>See <see cref="Trunk.LogMessages"/>.</summary>
    public bool? LogMessages { get; init; }

    /// <summary>See <see cref="Trunk.OptionsInterval"/>; in seconds as JSON has it.</summary>
    [JsonPropertyName("optionsIntervalSeconds"), JsonConverter(typeof(SecondsJson))]
    public TimeSpan? OptionsInterval { get; init; }

    /// <summary>Fields that no trunk has: each is a mistake.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unknown { get; init; }

    /// <summary>The secrets that it gives.</summary>
    [JsonIgnore]
    public TrunkSecrets Secrets => new() { Password = Credentials?.Password.Value, ClientKey = Tls?.ClientKey.Value };

    /// <summary>Whether it has room for a secret and says nothing of it, so that the stored one is to stay.</summary>
    [JsonIgnore]
    public bool LeavesSecretsOut =>
        Credentials is { Password.IsGiven: false } || Tls is { ClientCertificate: not null, ClientKey.IsGiven: false };

    /// <summary>The same with the stored secrets where it leaves them out.</summary>
    public TrunkDocument WithSecrets(TrunkSecrets stored) => this with
    {
        Credentials = Credentials is null or { Username: null, Password: { IsGiven: true, Value: null }, Unknown: null }
            ? null
            : Credentials with { Password = Credentials.Password.Or(stored.Password) },
        // A key goes with its certificate.
        Tls = Tls?.ClientCertificate is null ? Tls : Tls with { ClientKey = Tls.ClientKey.Or(stored.ClientKey) },
    };

    /// <summary>The same with its secrets left out.</summary>
    public TrunkDocument WithoutSecrets() => this with
    {
        Credentials = Credentials is null ? null : Credentials with { Password = default },
        Tls = Tls is null ? null : Tls with { ClientKey = default },
    };

    /// <summary>The trunk that this describes.</summary>
    /// <exception cref="FormatException">It is not right: <see cref="TrunkValidator"/> has not been asked.</exception>
    public Trunk ToTrunk(TrunkState state)
    {
        var usual = new Trunk { Name = Name ?? "", Addresses = [.. Addresses?.Select(address => address ?? "") ?? []] };
        return usual with
        {
            Transport = TrunkWords.Transports.ReadOr(Transport, usual.Transport),
            Credentials = Credentials is { Username: { } username, Password.Value: { } password }
                ? new TrunkCredentials(username, password)
                : null,
            Tls = Tls is null ? null : new TrunkTls
            {
                ServerName = Tls.ServerName,
                CaCertificates = Tls.CaCertificates,
                ClientCertificate = Tls.ClientCertificate,
                ClientKey = Tls.ClientKey.Value,
            },
            CallerIdFormat = TrunkWords.CallerIdFormats.ReadOr(CallerIdFormat, usual.CallerIdFormat),
            Domain = Domain,
            Headers = Headers?.ToDictionary(header => header.Key, header => header.Value ?? "", StringComparer.OrdinalIgnoreCase)
                ?? usual.Headers,
            CallerIds = [.. CallerIds?.Select(pattern => CallerIdRange.Parse(pattern ?? "")) ?? []],
            Destinations = [.. Destinations?.Select(destination => new Destination(destination?.Prefix ?? "", destination?.Price)) ?? []],
            Currency = Currency,
            CallsPerSecond = CallsPerSecond,
            Burst = Burst,
            Channels = Channels,
            RingTime = RingTime,
            PostDialDelayCap = PostDialDelayCap,
            Priority = Priority ?? usual.Priority,
            Weight = Weight ?? usual.Weight,
            AllowRedirects = AllowRedirects ?? usual.AllowRedirects,
            LogMessages = LogMessages ?? usual.LogMessages,
            OptionsInterval = OptionsInterval ?? usual.OptionsInterval,
            State = state,
        };
    }

    /// <summary>See <see cref="TrunkCredentials"/>.</summary>
    internal sealed record CredentialsDocument
    {
        public string? Username { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
        public SecretText Password { get; init; }

        [JsonExtensionData]
        public IDictionary<string, JsonElement>? Unknown { get; init; }
    }

    /// <summary>See <see cref="TrunkTls"/>.</summary>
    internal sealed record TlsDocument
    {
        public string? ServerName { get; init; }

        public string? CaCertificates { get; init; }

        public string? ClientCertificate { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
        public SecretText ClientKey { get; init; }

        [JsonExtensionData]
        public IDictionary<string, JsonElement>? Unknown { get; init; }
    }

    /// <summary>See <see cref="Destination"/>.</summary>
    internal sealed record DestinationDocument
    {
        public string? Prefix { get; init; }

        public decimal? Price { get; init; }

        [JsonExtensionData]
        public IDictionary<string, JsonElement>? Unknown { get; init; }
    }

    /// <summary>A duration as a number of seconds, fractions included.</summary>
    private sealed class SecondsJson : JsonConverter<TimeSpan>
    {
        /// <summary>Beyond every duration of a trunk, and far below what a <see cref="TimeSpan"/> holds.</summary>
        private const double Most = 1e9;

        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var seconds)
                ? TimeSpan.FromSeconds(Math.Clamp(seconds, -Most, Most))
                : throw new JsonException("Expected a number of seconds.");

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value.TotalSeconds);
    }
}
