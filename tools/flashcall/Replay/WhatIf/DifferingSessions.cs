using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FlashCall.Cli.Replay.WhatIf;

/// <summary>The sessions whose verdict is another one: the first few to be shown, and all of them in a file if one is wanted. The file has
/// its name once it is whole.</summary>
internal sealed class DifferingSessions : IDisposable
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly int _shown;
    private readonly string? _path;
    private readonly StreamWriter? _file;
    private readonly List<JsonObject> _first = [];

    /// <param name="shown">How many are kept to be shown.</param>
    /// <param name="path">Where all go, as lines of JSON; null for nowhere.</param>
    /// <exception cref="CommandException">The file cannot be written.</exception>
    public DifferingSessions(int shown, string? path)
    {
        (_shown, _path) = (shown, path);
        if (path is null)
            return;
        try
        {
            _file = new StreamWriter(Partial(path), append: false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandException($"The file of --output cannot be written: {exception.Message}", exception);
        }
    }

    /// <summary>How many there were.</summary>
    public long Count { get; private set; }

    /// <summary>The first of them.</summary>
    public IReadOnlyList<JsonObject> First => _first;

    /// <summary>Takes one more.</summary>
    public void Add(RecordedSession session, Judgement judgement)
    {
        Count++;
        if (_file is null && _first.Count >= _shown)
            return;
        var row = RowOf(session, judgement);
        _file?.WriteLine(row.ToJsonString(Plain));
        if (_first.Count < _shown)
            _first.Add(row);
    }

    /// <summary>Gives the file its name: it is whole.</summary>
    public void Complete()
    {
        if (_file is null)
            return;
        _file.Dispose();
        File.Move(Partial(_path!), _path!, overwrite: true);
    }

    public void Dispose()
    {
        if (_file is null)
            return;
        _file.Dispose();
        File.Delete(Partial(_path!));
    }

    private static string Partial(string path) => path + ".part";

    private static JsonObject RowOf(RecordedSession session, Judgement judgement) => new()
    {
        ["verificationId"] = session.Asked.Session,
        ["requestedAt"] = session.Asked.At.UtcDateTime,
        ["to"] = session.MaskedNumber,
        ["country"] = session.Destination,
        ["application"] = session.Asked.Application,
        ["purpose"] = Snake(session.Asked.Purpose),
        ["then"] = Snake(judgement.Then!.Value),
        ["now"] = Snake(judgement.Now),
        ["reasonThen"] = judgement.ReasonThen,
        ["reason"] = judgement.Reason,
        ["score"] = judgement.Score,
        ["outcome"] = session.End is { } end ? Snake(end.Outcome) : null,
        ["answered"] = session.Answered > 0,
    };

    /// <summary>An enumeration's value as the API spells it.</summary>
    public static string Snake<T>(T value) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
