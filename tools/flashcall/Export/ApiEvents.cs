using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using FlashCall.Cli.Api;

namespace FlashCall.Cli.Export;

/// <summary>Events over the API. A stream that is cut off is gone on with from its last cursor.</summary>
internal sealed class ApiEvents(PlatformApi api, ExportQuery query)
{
    /// <summary>Tries without a single line before it is given up.</summary>
    private const int FruitlessTries = 3;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Longer than the API is ever silent.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<byte[]> _lines = [];

    /// <summary>The lines of the stream, to its end.</summary>
    /// <param name="after">The cursor to go on from.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CommandException">The API refuses, does not answer, or breaks off again and again.</exception>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> LinesAsync(
        long after, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var hasBegun = false;
        for (var fruitless = 0; ;)
        {
            using var response = await OpenAsync(after, hasBegun, cancellationToken);
            if (response is not null)
            {
                await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
                var reader = PipeReader.Create(body);
                while (await ReadAsync(reader, cancellationToken))
                {
                    foreach (var line in _lines)
                    {
                        var (cursor, isEnd) = Place(line);
                        yield return line;
                        (after, fruitless, hasBegun) = (cursor, 0, true);
                        if (isEnd)
                            yield break;
                    }
                }
            }
            if (++fruitless == FruitlessTries)
                throw new CommandException("The API breaks the stream off again and again. Look into the services' logs.");
            await Task.Delay(Pause, cancellationToken);
        }
    }

    /// <summary>Asks for the stream.</summary>
    /// <returns>Null where nobody answers, and did before: the platform may be starting anew.</returns>
    private async Task<HttpResponseMessage?> OpenAsync(long after, bool hasBegun, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, query.Address(after));
        try
        {
            return await api.StreamAsync(request, cancellationToken);
        }
        catch (CommandException exception) when (hasBegun && exception.InnerException is HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>Reads the lines that have come.</summary>
    /// <returns>False where the stream is over, or was cut off.</returns>
    private async Task<bool> ReadAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        _lines.Clear();
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(Patience);
        try
        {
            var read = await reader.ReadAsync(silence.Token);
            var buffer = read.Buffer;
            while (buffer.PositionOf((byte)'\n') is { } end)
            {
                _lines.Add(buffer.Slice(0, end).ToArray());
                buffer = buffer.Slice(buffer.GetPosition(1, end));
            }
            reader.AdvanceTo(buffer.Start, buffer.End);
            return _lines.Count > 0 || !read.IsCompleted;
        }
        // What is lost of it is asked for again.
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static (long Cursor, bool IsEnd) Place(byte[] line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return (document.RootElement.GetProperty("cursor").GetInt64(), document.RootElement.TryGetProperty("end", out _));
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new CommandException("The API answered with something that is not understood. Is --api its address?", exception);
        }
    }
}
