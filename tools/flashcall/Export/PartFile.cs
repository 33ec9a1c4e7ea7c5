using System.Text.Json;

namespace FlashCall.Cli.Export;

/// <summary>A file that gets its name once it is whole; until then it is called <c>NAME.part</c>.</summary>
internal sealed class PartFile : IAsyncDisposable
{
    private readonly string _path;
    private readonly FileStream _stream;

    private PartFile(string path, FileStream stream, long cursor) => (_path, _stream, Cursor) = (path, stream, cursor);

    /// <summary>Where it is until then.</summary>
    public string PartPath => _stream.Name;

    /// <summary>Where to write.</summary>
    public Stream Stream => _stream;

    /// <summary>The cursor of the last line that an earlier run left; 0 where it left none.</summary>
    public long Cursor { get; }

    /// <summary>Begins the file, or goes on with what an earlier run left of it.</summary>
    /// <param name="path">The name that it gets.</param>
    /// <param name="replaces">Whether it may take the place of another.</param>
    /// <param name="resumes">Whether to go on with what is there.</param>
    /// <exception cref="CommandException">It cannot be written.</exception>
    public static PartFile Open(string path, bool replaces, bool resumes)
    {
        if (File.Exists(path) && !replaces)
            throw new CommandException($"{path} is there already. Name another file by --output, or give --overwrite.");
        try
        {
            var stream = new FileStream(
                path + ".part", resumes ? FileMode.OpenOrCreate : FileMode.Create, FileAccess.ReadWrite, FileShare.Read);
            try
            {
                return new PartFile(path, stream, resumes ? LastCursor(stream) : 0);
            }
            catch
            {
                stream.Dispose();
                throw;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandException($"The file cannot be written: {exception.Message}", exception);
        }
    }

    /// <summary>Gives it its name.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        await _stream.FlushAsync(cancellationToken);
        _stream.Flush(flushToDisk: true);
        await _stream.DisposeAsync();
        File.Move(PartPath, _path, overwrite: true);
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    /// <summary>The cursor of the last line that is whole; what comes behind it is cut off.</summary>
    private static long LastCursor(FileStream stream)
    {
        const int Longest = 1024 * 1024;
        var begin = Math.Max(0, stream.Length - Longest);
        var tail = new byte[stream.Length - begin];
        stream.Position = begin;
        stream.ReadExactly(tail);
        var end = tail.AsSpan().LastIndexOf((byte)'\n');
        stream.SetLength(begin + end + 1);
        stream.Position = stream.Length;
        if (end <= 0)
            return 0;
        var line = tail.AsSpan(0, end);
        line = line[(line.LastIndexOf((byte)'\n') + 1)..];
        try
        {
            var reader = new Utf8JsonReader(line);
            if (JsonDocument.TryParseValue(ref reader, out var document) && document.RootElement.TryGetProperty("cursor", out var cursor))
                return cursor.GetInt64();
        }
        catch (JsonException exception)
        {
            throw new CommandException($"{stream.Name} does not end with a line of events. Begin anew without --resume.", exception);
        }
        throw new CommandException($"{stream.Name} does not end with a line of events. Begin anew without --resume.");
    }
}
