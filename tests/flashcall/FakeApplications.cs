using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace FlashCall.Cli.Tests;

/// <summary>The applications of the gateway: it keeps them, their versions and keys, and notes what it is asked.</summary>
internal sealed class FakeApplications
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, (JsonObject Document, int Version)> _applications = new(StringComparer.Ordinal);
    private readonly List<(string Application, JsonObject Key)> _keys = [];
    private readonly ConcurrentQueue<(string Request, string Body)> _asked = new();
    private int _made;
    private int _notYet;

    /// <summary>The requests: method and target, and the body.</summary>
    public IReadOnlyCollection<(string Request, string Body)> Asked => _asked;

    /// <summary>How many times a new key is not known yet when it is tried.</summary>
    public int UnknownAtFirst { get; set; }

    /// <summary>The applications on a page at most.</summary>
    public int PageSize { get; set; } = 100;

    /// <summary>Somebody else changes the application.</summary>
    public void Touch(string id)
    {
        lock (_lock)
            _applications[id] = (_applications[id].Document, _applications[id].Version + 1);
    }

    /// <summary>The database is gone, and with it all applications.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _applications.Clear();
            _keys.Clear();
        }
    }

    /// <summary>Whether the header has an application's key.</summary>
    public bool Knows(string? authorization)
    {
        lock (_lock)
            return _keys.Exists(key => $"Bearer {key.Key["apiKey"]}" == authorization) && _notYet-- <= 0;
    }

    public async Task<IResult> AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        _asked.Enqueue(($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}", body));
        var path = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries)[2..];
        lock (_lock)
        {
            if (path.Length > 0 && !_applications.ContainsKey(path[0]))
                return Problem(404, "application_not_found", "There is no such application.");
            return (context.Request.Method, path) switch
            {
                ("GET", []) => List(context),
                ("POST", []) => Create(JsonNode.Parse(body)!.AsObject()),
                ("GET", [var id]) => Show(context, id),
                ("PUT", [var id]) => Change(context, id, JsonNode.Parse(body)!.AsObject()),
                ("DELETE", [var id]) => Delete(id),
                ("GET", [var id, "keys"]) => ListKeys(id),
                ("POST", [var id, "keys"]) => TypedResults.Json(AddKey(id, JsonNode.Parse(body)!.AsObject()), statusCode: 201),
                ("DELETE", [var id, "keys", var key]) => Revoke(id, key),
                _ => TypedResults.NotFound(),
            };
        }
    }

    private IResult List(HttpContext context)
    {
        var after = context.Request.Query["after"].ToString();
        var page = _applications.Values.Select(one => one.Document)
            .Where(document => string.CompareOrdinal((string?)document["id"], after) > 0).Take(PageSize).ToList();
        var last = page.Count == PageSize ? (string?)page[^1]["id"] : null;
        return TypedResults.Json(new { items = page, next = last });
    }

    private IResult Create(JsonObject document)
    {
        var id = (string)document["id"]!;
        if (_applications.ContainsKey(id))
            return Problem(409, "application_exists", "There is an application of this id.");
        document["createdAt"] = "2026-11-23T12:00:00Z";
        _applications[id] = (document, 1);
        var answer = document.DeepClone().AsObject();
        answer["key"] = AddKey(id, []).DeepClone();
        return TypedResults.Json(answer, statusCode: 201);
    }

    private IResult Show(HttpContext context, string id)
    {
        var (document, version) = _applications[id];
        context.Response.Headers.ETag = string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");
        return TypedResults.Json(document);
    }

    private IResult Change(HttpContext context, string id, JsonObject document)
    {
        var (old, version) = _applications[id];
        if (context.Request.Headers.IfMatch != $"\"{version}\"")
            return Problem(412, "application_changed", "Somebody else changed it. Read it again.");
        if (document.ContainsKey("createdAt"))
            return Problem(422, "validation_failed", "createdAt: is no field.");
        document["createdAt"] = old["createdAt"]!.DeepClone();
        _applications[id] = (document, version + 1);
        return TypedResults.Json(document);
    }

    private IResult Delete(string id)
    {
        _applications.Remove(id);
        _keys.RemoveAll(key => key.Application == id);
        return TypedResults.NoContent();
    }

    private JsonObject AddKey(string id, JsonObject asked)
    {
        _notYet = UnknownAtFirst;
        var number = ++_made;
        var key = new JsonObject
        {
            ["id"] = $"01990000-0000-7000-8000-{number:D12}",
            ["name"] = asked["name"]?.DeepClone(),
            ["apiKey"] = $"fck_{id}-{number}",
            ["signingSecret"] = $"secret-{number}",
            ["createdAt"] = "2026-11-23T12:00:00Z",
            ["expiresAt"] = asked["expiresAt"]?.DeepClone(),
        };
        _keys.Add((id, key));
        return key;
    }

    private IResult ListKeys(string id) =>
        TypedResults.Json(new { items = _keys.Where(key => key.Application == id).Select(key => Listed(key.Key)) });

    private IResult Revoke(string id, string key) =>
        _keys.RemoveAll(one => one.Application == id && (string)one.Key["id"]! == key) == 0
            ? Problem(404, "key_not_found", "There is no such key.")
            : TypedResults.NoContent();

    private static JsonObject Listed(JsonObject key)
    {
        var listed = key.DeepClone().AsObject();
        listed.Remove("apiKey");
        listed.Remove("signingSecret");
        return listed;
    }

    private static IResult Problem(int status, string code, string detail) =>
        TypedResults.Problem(detail, statusCode: status, extensions: new Dictionary<string, object?> { ["code"] = code });
}
