using System.Globalization;
using System.Text.Json.Nodes;

namespace FlashCall.Api.Tests.Description;

/// <summary>An operation of the document.</summary>
internal sealed class Operation
{
    private readonly ApiDescription _api;
    private readonly JsonObject _node;

    public Operation(ApiDescription api, string method, string path, JsonObject item, JsonObject node)
    {
        _api = api;
        _node = node;
        (Method, Path) = (method, path);
        Id = node["operationId"]!.GetValue<string>();
        Parameters =
        [
            .. ((JsonNode?[])[.. item["parameters"]?.AsArray() ?? [], .. node["parameters"]?.AsArray() ?? []])
                .Select(parameter => Parameter.Of(api, api.Resolve(parameter!))),
        ];
    }

    public string Id { get; }

    public string Method { get; }

    /// <summary>With the names of its parameters in braces.</summary>
    public string Path { get; }

    public string Tag => _node["tags"]![0]!.GetValue<string>();

    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The media type of the body that it takes; null without one.</summary>
    public string? BodyType => Body?.Select(type => type.Key).First();

    /// <summary>Example bodies by name; JSON, or text of another type.</summary>
    public IReadOnlyDictionary<string, JsonNode> Examples => Body?.First().Value!["examples"]?.AsObject()
        .ToDictionary(example => example.Key, example => example.Value!["value"]!, StringComparer.Ordinal) ?? [];

    /// <summary>The schema of the body.</summary>
    public JsonNode? BodySchema => Body?.First().Value!["schema"];

    /// <summary>The statuses that are documented, <c>default</c> left out.</summary>
    public IReadOnlyList<int> Statuses =>
    [
        .. _node["responses"]!.AsObject().Where(response => response.Key != "default")
            .Select(response => int.Parse(response.Key, CultureInfo.InvariantCulture)),
    ];

    /// <summary>The schemes of credentials it takes, each with the scopes; empty where anybody may ask.</summary>
    public IReadOnlyList<(string Scheme, string[] Scopes)> Security =>
    [
        .. from requirement in _node["security"]?.AsArray() ?? []
           from scheme in requirement!.AsObject()
           select (scheme.Key, scheme.Value!.AsArray().Select(scope => scope!.GetValue<string>()).ToArray()),
    ];

    private JsonObject? Body => _node["requestBody"] is { } body ? _api.Resolve(body)["content"]!.AsObject() : null;

    /// <summary>Media types and schemas of the answer with a status; the default answer where the status is not named.</summary>
    public IReadOnlyDictionary<string, JsonNode?> Answer(int status)
    {
        var responses = _node["responses"]!.AsObject();
        var response = responses[status.ToString(CultureInfo.InvariantCulture)] ?? responses["default"]
            ?? throw new InvalidOperationException($"{Id} has no answer {status}.");
        return _api.Resolve(response)["content"]?.AsObject()
            .ToDictionary(type => type.Key, type => type.Value!["schema"], StringComparer.Ordinal) ?? [];
    }

    public override string ToString() => Id;
}

/// <summary>A parameter of an operation.</summary>
/// <param name="Name">Its name.</param>
/// <param name="In">Where it is: path, query or header.</param>
/// <param name="IsRequired">Whether it has to be there.</param>
/// <param name="Example">A value that is right in its form.</param>
internal sealed record Parameter(string Name, string In, bool IsRequired, string Example)
{
    public static Parameter Of(ApiDescription api, JsonObject node)
    {
        var schema = api.Resolve(node["schema"]!);
        var example = node["example"] ?? schema["examples"]?[0] ?? schema["enum"]?[0] ?? schema["default"] ?? schema["minimum"];
        return new Parameter(
            node["name"]!.GetValue<string>(), node["in"]!.GetValue<string>(), node["required"]?.GetValue<bool>() ?? false,
            example?.ToString() ?? (schema["format"]?.ToString() == "uuid" ? "01990000-0000-7000-8000-000000000000" : "x"));
    }
}
