using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlashCall.Fraud.Operations;

/// <summary>Writes an enum of the contracts as the API does, in snake_case; on the bus it is written by its name.</summary>
internal sealed class SnakeCase<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
