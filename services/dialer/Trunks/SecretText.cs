using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlashCall.Dialer.Trunks;

/// <summary>A secret in a document that changes a trunk: left out, the stored one stays; null, it goes; otherwise it is the new one.
/// It is read from JSON and never written to it, nor to a log.</summary>
[JsonConverter(typeof(Json))]
internal readonly struct SecretText(string? value) : IEquatable<SecretText>
{
    /// <summary>Whether the document says anything of it.</summary>
    public bool IsGiven { get; } = true;

    /// <summary>The secret; null for none.</summary>
    public string? Value { get; } = value;

    /// <summary>Puts the stored secret where the document left it out.</summary>
    public SecretText Or(string? stored) => IsGiven ? this : new SecretText(stored);

    public bool Equals(SecretText other) => IsGiven == other.IsGiven && Value == other.Value;

    public override bool Equals(object? obj) => obj is SecretText other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(IsGiven, Value);

    /// <summary>Whether there is one, nothing more.</summary>
    public override string ToString() => IsGiven ? Value is null ? "none" : "given" : "left out";

    private sealed class Json : JsonConverter<SecretText>
    {
        // Otherwise null would be the default value, which stands for "left out".
        public override bool HandleNull => true;

        public override SecretText Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType is JsonTokenType.Null or JsonTokenType.String
                ? new SecretText(reader.GetString())
                : throw new JsonException("Expected a string or null.");

        public override void Write(Utf8JsonWriter writer, SecretText value, JsonSerializerOptions options) =>
            throw new InvalidOperationException("A secret is never written as JSON. Take it out of the document first.");
    }
}
