using System.Text.Json.Nodes;

namespace FlashCall.Api.Tests.Description;

/// <summary>The API document as a client reads it.</summary>
internal sealed class ApiDescription
{
    private static readonly string[] Methods = ["get", "put", "post", "delete", "patch"];
    private readonly JsonObject _root;

    public ApiDescription(ReadOnlySpan<byte> json)
    {
        _root = JsonNode.Parse(json)!.AsObject();
        Operations =
        [
            .. from path in _root["paths"]!.AsObject()
               from method in path.Value!.AsObject()
               where Methods.Contains(method.Key, StringComparer.Ordinal)
               select new Operation(this, method.Key.ToUpperInvariant(), path.Key, path.Value!.AsObject(), method.Value!.AsObject()),
        ];
        Schemas = new Schemas(_root["components"]!["schemas"]!.AsObject());
    }

    /// <summary>All operations, in the order of the document.</summary>
    public IReadOnlyList<Operation> Operations { get; }

    /// <summary>What bodies have to be like.</summary>
    public Schemas Schemas { get; }

    /// <summary>The names of the schemes of credentials.</summary>
    public IReadOnlyList<string> SecuritySchemes => [.. _root["components"]!["securitySchemes"]!.AsObject().Select(scheme => scheme.Key)];

    /// <summary>The operation of an id.</summary>
    public Operation this[string id] => Operations.Single(operation => operation.Id == id);

    /// <summary>The node itself, or the one that it refers to.</summary>
    public JsonObject Resolve(JsonNode node)
    {
        var found = node.AsObject();
        while (found["$ref"]?.GetValue<string>() is { } reference)
        {
            JsonNode target = _root;
            foreach (var step in reference.Split('/').Skip(1))
                target = target[step] ?? throw new InvalidOperationException($"The document has no {reference}.");
            found = target.AsObject();
        }
        return found;
    }
}
