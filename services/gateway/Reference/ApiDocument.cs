using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.OpenApi.YamlReader;
using SharpYaml.Serialization;

namespace FlashCall.Gateway.Reference;

/// <summary>
/// The description of the whole API (OpenAPI 3.1), in one document. It is written in parts (<c>Reference/Documents/*.yaml</c>), one for
/// each kind of thing, which are put together here.
/// </summary>
internal sealed class ApiDocument
{
    private const string Parts = "api/";

    /// <summary>The part that the others are put into.</summary>
    private const string First = Parts + "openapi.yaml";

    private static readonly JsonSerializerOptions Readable =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly Lazy<ApiDocument> Known = new(Load);

    private ApiDocument(JsonObject root)
    {
        Json = JsonSerializer.SerializeToUtf8Bytes(root, Readable);
        using var yaml = new StringWriter();
        new YamlStream(new YamlDocument(YamlConverter.ToYamlNode(root))).Save(yaml, true);
        Yaml = Encoding.UTF8.GetBytes(yaml.ToString());
        Version = $"\"{Convert.ToHexStringLower(SHA256.HashData(Json))[..16]}\"";
    }

    /// <summary>The document of this release.</summary>
    public static ApiDocument Current => Known.Value;

    /// <summary>The document as JSON, UTF-8.</summary>
    public byte[] Json { get; }

    /// <summary>The same as YAML, UTF-8.</summary>
    public byte[] Yaml { get; }

    /// <summary>Changes with the document: an entity tag (RFC 9110 §8.8.3).</summary>
    public string Version { get; }

    /// <summary>Puts parts together: what is an object in both is joined, lists are put behind each other.</summary>
    /// <exception cref="InvalidOperationException">Two parts say something different of the same thing.</exception>
    internal static JsonObject Join(IEnumerable<JsonObject> parts)
    {
        var whole = new JsonObject();
        foreach (var part in parts)
            Join(whole, part, "");
        return whole;
    }

    private static void Join(JsonObject whole, JsonObject part, string path)
    {
        foreach (var (name, value) in part)
        {
            switch (whole[name], value)
            {
                case (null, _):
                    whole[name] = value?.DeepClone();
                    break;
                case (JsonObject known, JsonObject more):
                    Join(known, more, $"{path}/{name}");
                    break;
                case (JsonArray known, JsonArray more):
                    foreach (var item in more)
                        known.Add(item?.DeepClone());
                    break;
                default:
                    throw new InvalidOperationException($"Two parts of the API document say what {path}/{name} is. Leave one out.");
            }
        }
    }

    private static ApiDocument Load()
    {
        var assembly = typeof(ApiDocument).Assembly;
        var parts = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Parts, StringComparison.Ordinal))
            .OrderBy(name => name != First).ThenBy(name => name, StringComparer.Ordinal);
        return new ApiDocument(Join(parts.Select(name => Read(assembly, name))));
    }

    private static JsonObject Read(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!, Encoding.UTF8);
        var yaml = new YamlStream();
        yaml.Load(reader);
        return YamlConverter.ToJsonNode(yaml.Documents[0]) as JsonObject
            ?? throw new InvalidOperationException($"The part {name} of the API document is no mapping.");
    }
}
