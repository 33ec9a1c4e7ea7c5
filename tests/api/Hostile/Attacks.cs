using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using FlashCall.Api.Tests.Description;

namespace FlashCall.Api.Tests.Hostile;

/// <summary>Hostile requests to an operation, made from what the document says of it.</summary>
internal static class Attacks
{
    /// <summary>A place in a document that is changed. As text, since what is put there need not be JSON.</summary>
    private const string Mark = "\"@@here@@\"";

    private static readonly string[] OtherMethods =
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO", "PROPFIND"];

    private static readonly string[] OtherTypes =
    [
        "text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a",
        "application/json; charset=utf-7", "application/json; charset=nonsense", "application/problem+json",
        "application/json, text/csv", "*/*", "json", "", ";", "text/csv",
    ];

    /// <summary>Headers that a service might trust, or that mean something to a part on the way.</summary>
    private static readonly string[] HeaderNames =
    [
        "If-Match", "If-None-Match", "Prefer", "Idempotency-Key", "Last-Event-ID", "Accept", "Accept-Language", "Content-Encoding",
        "X-Forwarded-For", "X-HTTP-Method-Override", "X-Original-URL", "FlashCall-Verification-Id", "FlashCall-Denied", "traceparent",
        "tracestate", "baggage", "Range", "Expect", "x-timestamp", "Origin", "Access-Control-Request-Method", "Cookie", "Host",
    ];

    /// <summary>All kinds of them.</summary>
    public static Gen<HostileRequest> On(Operation operation)
    {
        var right = Right(operation);
        var kinds = new List<Gen<HostileRequest>>
        {
            NastyValues.Text.List[1, 3].Select(values => right with { Target = Target(operation, values, inPath: true) }),
            NastyValues.Text.List[1, 3].Select(values => right with { Target = Target(operation, values, inPath: false) }),
            Gen.OneOf(OtherMethods).Select(method =>
                right with { Method = method, Body = method is "TRACE" or "HEAD" or "GET" ? null : right.Body }),
            Gen.Select(Gen.OneOf(HeaderNames), NastyValues.Text).List[1, 3].Select(headers =>
                right with { Headers = [.. headers.Select(Fair)] }),
        };
        if (operation.BodyType is { } type)
        {
            kinds.Add(NastyValues.Bodies.Select(body => right with { Body = body }));
            kinds.Add(Gen.Select(Gen.OneOf(OtherTypes), NastyValues.Bodies).Select((other, body) =>
                right with { ContentType = other, Body = body }));
            if (type == "application/json")
            {
                var places = operation.Examples.Values.SelectMany(Places).ToArray();
                kinds.Add(Gen.Select(Gen.OneOf(places), NastyValues.Json).Select((place, value) =>
                    right with { Body = Encoding.UTF8.GetBytes(place.Replace(Mark, value, StringComparison.Ordinal)) }));
                kinds.Add(Gen.Select(Gen.OneOf([.. operation.Examples.Values]), NastyValues.Json).Select((example, value) =>
                    right with { Body = Encoding.UTF8.GetBytes(Twice(example, value)) }));
            }
        }
        else
        {
            kinds.Add(NastyValues.Bodies.Select(body =>
                right with { Body = operation.Method == "GET" ? null : body, ContentType = "application/json" }));
        }
        return Gen.OneOf([.. kinds]);
    }

    /// <summary>As the document has it, for things that are not there.</summary>
    public static HostileRequest Right(Operation operation) => new(
        operation.Method, Target(operation, [], inPath: true), [],
        operation.Examples.Values.FirstOrDefault() is { } example
            ? Encoding.UTF8.GetBytes(operation.BodyType == "application/json" ? example.ToJsonString() : example.ToString())
            : null,
        operation.BodyType);

    /// <summary>Requests that would wait wait briefly, and hosts are ours: another is the HTTP server's to refuse.</summary>
    private static (string Name, string Value) Fair((string Name, string Value) header) => header.Name switch
    {
        "Host" => (header.Name, "evil.example"),
        "Expect" => (header.Name, "100-continue"),
        _ => header,
    };

    private static string Target(Operation operation, IReadOnlyList<string> values, bool inPath)
    {
        var next = 0;
        var path = operation.Path;
        foreach (var parameter in operation.Parameters.Where(parameter => parameter.In == "path"))
        {
            var value = inPath && next < values.Count ? values[next++] : parameter.Example;
            path = path.Replace($"{{{parameter.Name}}}", Escaped(value), StringComparison.Ordinal);
        }
        var query = new List<string>();
        foreach (var parameter in operation.Parameters.Where(parameter => parameter.In == "query"))
        {
            if (!inPath && next < values.Count)
                query.Add($"{parameter.Name}={Escaped(values[next++])}");
            else if (parameter.IsRequired)
                query.Add($"{parameter.Name}={Escaped(parameter.Example)}");
        }
        // What is left over is a parameter twice, or one that there is not.
        while (!inPath && next < values.Count)
        {
            var name = operation.Parameters.FirstOrDefault(parameter => parameter.In == "query")?.Name ?? "x";
            query.Add($"{name}={Escaped(values[next++])}");
        }
        return query.Count == 0 ? path : $"{path}?{string.Join('&', query)}";
    }

    /// <summary>Dots would be taken for steps by the client, which goes up before it sends.</summary>
    private static string Escaped(string value) => Uri.EscapeDataString(value).Replace(".", "%2E", StringComparison.Ordinal);

    /// <summary>The document with the mark at each of its places in turn, and behind its last field.</summary>
    private static IEnumerable<string> Places(JsonNode example)
    {
        var text = example.ToJsonString();
        foreach (var path in Paths(example, []))
        {
            var copy = JsonNode.Parse(text)!;
            if (path.Length == 0)
            {
                yield return Mark;
                continue;
            }
            var parent = copy;
            foreach (var step in path[..^1])
                parent = step is int index ? parent[index]! : parent[(string)step]!;
            if (path[^1] is int last)
                parent[last] = Mark.Trim('"');
            else
                parent[(string)path[^1]] = Mark.Trim('"');
            yield return copy.ToJsonString();
        }
    }

    private static IEnumerable<object[]> Paths(JsonNode? node, object[] path)
    {
        yield return path;
        var below = node switch
        {
            JsonObject fields => fields.SelectMany(field => Paths(field.Value, [.. path, field.Key])),
            JsonArray items => items.SelectMany((item, i) => Paths(item, [.. path, i])),
            _ => [],
        };
        foreach (var one in below)
            yield return one;
    }

    /// <summary>The first field once more, with another value: two readers would differ in which of the two holds.</summary>
    private static string Twice(JsonNode example, string value)
    {
        var text = example.ToJsonString();
        return example is JsonObject fields && fields.Count > 0
            ? $"{text[..^1]},\"{fields.First().Key}\":{value}}}"
            : text;
    }
}
