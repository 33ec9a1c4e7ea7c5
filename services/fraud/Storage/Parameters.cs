using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;
using NpgsqlTypes;

namespace FlashCall.Fraud.Storage;

/// <summary>Parameters of statements, each with its type, so that a null has one too and a plan is made once.</summary>
internal static class Parameters
{
    /// <summary>How the service stores records of its own: enums by name. The database puts the fields of an object in its own
    /// order.</summary>
    public static readonly JsonSerializerOptions StoredForm =
        new() { Converters = { new JsonStringEnumConverter() }, AllowOutOfOrderMetadataProperties = true };

    public static NpgsqlParameter Uuid(Guid value) => new() { Value = value, NpgsqlDbType = NpgsqlDbType.Uuid };

    public static NpgsqlParameter Text(string? value) => new() { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    public static NpgsqlParameter Small(int value) => new() { Value = checked((short)value), NpgsqlDbType = NpgsqlDbType.Smallint };

    public static NpgsqlParameter Integer(int value) => new() { Value = value, NpgsqlDbType = NpgsqlDbType.Integer };

    public static NpgsqlParameter Flag(bool? value) => new() { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Boolean };

    /// <summary>The database keeps microseconds.</summary>
    public static NpgsqlParameter Time(DateTimeOffset? value) => new()
    {
        Value = value is { } time ? time.ToUniversalTime() : DBNull.Value,
        NpgsqlDbType = NpgsqlDbType.TimestampTz,
    };

    public static NpgsqlParameter Json<T>(T value) =>
        new() { Value = JsonSerializer.Serialize(value, StoredForm), NpgsqlDbType = NpgsqlDbType.Jsonb };

    public static NpgsqlParameter Uuids(IEnumerable<Guid> values) =>
        new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid };

    public static NpgsqlParameter Flags(IEnumerable<bool?> values) =>
        new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Boolean };

    public static NpgsqlParameter Times(IEnumerable<DateTimeOffset> values) => new()
    {
        Value = values.Select(value => value.ToUniversalTime()).ToArray(),
        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
    };

    public static NpgsqlParameter Jsons<T>(IEnumerable<T> values) => new()
    {
        Value = values.Select(value => JsonSerializer.Serialize(value, StoredForm)).ToArray(),
        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb,
    };

    /// <summary>Reads what was stored.</summary>
    public static T Stored<T>(string json) => JsonSerializer.Deserialize<T>(json, StoredForm)
        ?? throw new InvalidOperationException($"A stored {typeof(T).Name} is null.");

    public static NpgsqlParameter Smalls(IEnumerable<int> values) =>
        new() { Value = values.Select(value => checked((short)value)).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint };

    public static NpgsqlParameter Texts(IEnumerable<string> values) =>
        new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
}
