using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using NJsonSchema;

namespace FlashCall.Api.Tests.Description;

/// <summary>The schemas of the document, to check bodies against.</summary>
internal sealed class Schemas(JsonObject schemas)
{
    private readonly ConcurrentDictionary<string, JsonSchema> _read = new(StringComparer.Ordinal);
    private readonly string _definitions = Moved(schemas);

    /// <summary>What is wrong with a body; empty if it is as its schema says.</summary>
    public IReadOnlyList<string> Mistakes(JsonNode? schema, string json)
    {
        if (schema is null)
            return [];
        var text = Moved(schema);
        var read = _read.GetOrAdd(text, _ =>
        {
            // A root that is nothing but a reference would be taken for what it refers to, with no definitions in it.
            var whole = new JsonObject { ["allOf"] = new JsonArray(JsonNode.Parse(text)), ["definitions"] = JsonNode.Parse(_definitions) };
            return JsonSchema.FromJsonAsync(whole.ToJsonString()).GetAwaiter().GetResult();
        });
        return [.. read.Validate(json).Select(mistake => mistake.ToString())];
    }

    /// <summary>The schemas stand beside the one that is checked, as the library looks for them.</summary>
    private static string Moved(JsonNode node) =>
        node.ToJsonString().Replace("#/components/schemas/", "#/definitions/", StringComparison.Ordinal);
}
