using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace FlashCall.Hosting;

/// <summary>The JSON of the operators' API, the same in every service.</summary>
public static class ApiJson
{
    /// <summary>Reads and writes camelCase, enums in snake_case and never as numbers; writes nothing that is null, refuses a key that stands
    /// there twice.</summary>
    public static void AddApiJson(this WebApplicationBuilder builder) => builder.Services.ConfigureHttpJsonOptions(http =>
    {
        http.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        http.SerializerOptions.AllowDuplicateProperties = false;
        http.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
    });
}
