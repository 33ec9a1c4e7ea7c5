using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace FlashCall.Cli.Applications;

/// <summary>The options that say what an application is to be: a document, and single things over it.</summary>
internal sealed partial class ApplicationOptions
{
    /// <summary>What an application's document has; what else the API shows is not to be sent back.</summary>
    private static readonly string[] Fields =
        ["id", "name", "scopes", "minimumAuthorization", "rateLimits", "allowedOrigins", "policies", "sinch"];

    private static readonly JsonDocumentOptions Lenient =
        new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false };

    private readonly Option<string?> _file = new("--file")
    {
        Description = "A JSON file with the whole document, as the API takes it; - for standard input. The other options go over it.",
    };

    private readonly Option<string?> _name = new("--name") { Description = "Its name, for people." };

    private readonly Option<string[]> _scopes = new("--scope")
    {
        Description = "What it may do: verifications:write, verifications:read, analytics:read, operations, "
            + "subjects:erase or admin. May be given several times.",
    };

    private readonly Option<string?> _minimum = new("--minimum-authorization")
    {
        Description = "The weakest credential that it accepts: public, bearer or signed.",
    };

    private readonly Option<string[]> _origins = new("--origin")
    {
        Description = "A web origin whose pages may call for it: https://shop.example. May be given several times.",
    };

    private readonly Option<string?> _requests = new("--requests")
    {
        Description = "How many requests it may make: 600/minute; per second, minute or hour.",
    };

    private readonly Option<string?> _clientTokenRequests = new("--client-token-requests")
    {
        Description = "How many requests may be made with one client token: 60/minute.",
    };

    private readonly Option<string?> _sinchCallback = new("--sinch-callback")
    {
        Description = "Where the Sinch-compatible API asks before a call and tells how it ended.",
    };

    /// <summary>All of them.</summary>
    public IEnumerable<Option> All => [_file, _name, _scopes, _minimum, _origins, _requests, _clientTokenRequests, _sinchCallback];

    /// <summary>The document that the options make of nothing, or of what is there.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="terminal">Where standard input is.</param>
    /// <param name="current">The application as it is; null for a new one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CommandException">An option is wrong, or the file is no document.</exception>
    public async Task<JsonObject> DocumentAsync(
        ParseResult parsed, Terminal terminal, JsonElement? current, CancellationToken cancellationToken)
    {
        var document = parsed.GetValue(_file) is { } file
            ? await ReadAsync(file, terminal, cancellationToken)
            : current is { } known ? DocumentOf(known) : [];
        Set(document, "name", parsed.GetValue(_name));
        Set(document, "scopes", parsed.GetValue(_scopes));
        Set(document, "minimumAuthorization", parsed.GetValue(_minimum));
        Set(document, "allowedOrigins", parsed.GetValue(_origins));
        SetLimit(document, "requests", _requests.Name, parsed.GetValue(_requests));
        SetLimit(document, "clientToken", _clientTokenRequests.Name, parsed.GetValue(_clientTokenRequests));
        if (parsed.GetValue(_sinchCallback) is { } callback)
            document["sinch"] = new JsonObject { ["callbackUrl"] = callback };
        return document;
    }

    /// <summary>Whether any of them is given.</summary>
    public bool AreGiven(ParseResult parsed) => All.Any(option => parsed.GetResult(option) is { Implicit: false });

    private static JsonObject DocumentOf(JsonElement current) => new(
        Fields.Where(field => current.TryGetProperty(field, out _))
            .Select(field => KeyValuePair.Create(field, JsonNode.Parse(current.GetProperty(field).GetRawText()))));

    private static void Set(JsonObject document, string field, string? value)
    {
        if (value is not null)
            document[field] = value;
    }

    private static void Set(JsonObject document, string field, string[]? values)
    {
        if (values is { Length: > 0 })
            document[field] = new JsonArray([.. values.Select(value => JsonValue.Create(value))]);
    }

    private static void SetLimit(JsonObject document, string which, string option, string? text)
    {
        if (text is null)
            return;
        if (RateForm().Match(text) is not { Success: true } match)
        {
            throw new CommandException(
                $"{option} is '{text}', which is no rate. Expected something like 600/minute; per second, minute or hour.");
        }
        if (document["rateLimits"] is not JsonObject limits)
            document["rateLimits"] = limits = [];
        limits[which] = new JsonObject
        {
            ["permits"] = int.Parse(match.Groups["permits"].ValueSpan, CultureInfo.InvariantCulture),
            ["per"] = match.Groups["per"].Value switch { "second" => "00:00:01", "minute" => "00:01:00", _ => "01:00:00" },
        };
    }

    private static async Task<JsonObject> ReadAsync(string file, Terminal terminal, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = file == "-" ? terminal.InputBytes() : File.OpenRead(file);
            return await JsonNode.ParseAsync(stream, documentOptions: Lenient, cancellationToken: cancellationToken) as JsonObject
                ?? throw new JsonException("the document is not an object.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"The file of --file cannot be read: {exception.Message}", exception);
        }
        catch (JsonException exception)
        {
            throw new CommandException($"The file of --file is no JSON document: {exception.Message}", exception);
        }
    }

    [GeneratedRegex("^(?<permits>[0-9]{1,9})/(?<per>second|minute|hour)\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex RateForm();
}
