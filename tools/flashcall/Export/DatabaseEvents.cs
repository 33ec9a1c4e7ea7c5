using System.Buffers;
using System.Runtime.CompilerServices;
using FlashCall.EventLog;
using Npgsql;

namespace FlashCall.Cli.Export;

/// <summary>Events from the verification service's database itself, as the API would stream them. Numbers are masked: who sees them in
/// plain is entered in a book, which the API keeps.</summary>
internal sealed class DatabaseEvents(NpgsqlDataSource data, ExportQuery query, TimeProvider time)
{
    /// <summary>The lines of the stream, to its end.</summary>
    /// <param name="after">The cursor to go on from.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="NpgsqlException">PostgreSQL does not answer, or the role may not read.</exception>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> LinesAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = new EventReader(data, time);
        using var lines = new EventLines(isPlain: false);
        var buffer = new ArrayBufferWriter<byte>();
        await foreach (var page in reader.ReadAsync(query.Filter(), after, cancellationToken: cancellationToken))
        {
            var now = time.GetUtcNow();
            foreach (var stored in page.Events)
            {
                buffer.ResetWrittenCount();
                lines.Write(stored, now, buffer);
                yield return buffer.WrittenMemory[..^1];
            }
            after = page.Through;
        }
        buffer.ResetWrittenCount();
        lines.WriteCursor(after, isEnd: true, buffer);
        yield return buffer.WrittenMemory[..^1];
    }
}
