using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace FlashCall.Hosting;

/// <summary>The JSON of the API, the same in every service.</summary>
public static class ApiJson
{
    /// <summary>Makes the endpoints read and write it.</summary>
    public static void AddApiJson(this WebApplicationBuilder builder) =>
        builder.Services.ConfigureHttpJsonOptions(http => Configure(http.SerializerOptions));

    /// <summary>camelCase, enums in snake_case and never as numbers, nothing that is null, no key twice.</summary>
    public static void Configure(JsonSerializerOptions json)
    {
        json.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        json.AllowDuplicateProperties = false;
        json.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
    }
}
