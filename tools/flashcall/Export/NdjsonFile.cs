using System.Text.Encodings.Web;
using System.Text.Json;

namespace FlashCall.Cli.Export;

/// <summary>Lines of JSON: events as the stream has them, other rows as objects of their columns.</summary>
internal sealed class NdjsonFile(Stream output, IReadOnlyList<Column> columns) : ExportFile
{
    private readonly BufferedStream _output = new(output, 64 * 1024);
    private readonly Utf8JsonWriter _writer =
        new(Stream.Null, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public override async ValueTask WriteAsync(object?[] row, ReadOnlyMemory<byte> line, CancellationToken cancellationToken)
    {
        if (line.IsEmpty)
            Write(row);
        else
            await _output.WriteAsync(line, cancellationToken);
        _output.WriteByte((byte)'\n');
    }

    public override Task CompleteAsync(CancellationToken cancellationToken) => _output.FlushAsync(cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        // What was written is kept for whoever goes on from it.
        await _output.FlushAsync(CancellationToken.None);
    }

    private void Write(object?[] row)
    {
        _writer.Reset(_output);
        _writer.WriteStartObject();
        for (var i = 0; i < row.Length; i++)
        {
            _writer.WritePropertyName(columns[i].Name);
            switch (row[i])
            {
                case null:
                    _writer.WriteNullValue();
                    break;
                case DateTime time:
                    _writer.WriteStringValue(ExportTime.Text(time));
                    break;
                case bool truth:
                    _writer.WriteBooleanValue(truth);
                    break;
                case long whole:
                    _writer.WriteNumberValue(whole);
                    break;
                case double real:
                    _writer.WriteNumberValue(real);
                    break;
                case var text:
                    _writer.WriteStringValue((string)text);
                    break;
            }
        }
        _writer.WriteEndObject();
        _writer.Flush();
    }
}
