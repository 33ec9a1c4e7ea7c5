using System.Globalization;
using System.Text;

namespace FlashCall.Cli.Export;

/// <summary>CSV (RFC 4180) in UTF-8 with a header: nothing for what is missing, times in RFC 3339, <c>true</c> and <c>false</c>.</summary>
internal sealed class CsvFile(Stream output, IReadOnlyList<Column> columns) : ExportFile
{
    private readonly StreamWriter _writer =
        new(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 64 * 1024, leaveOpen: true) { NewLine = "\r\n" };

    private readonly StringBuilder _line = new();
    private bool _hasHeader;

    public override async ValueTask WriteAsync(object?[] row, ReadOnlyMemory<byte> line, CancellationToken cancellationToken)
    {
        await BeginAsync();
        _line.Clear();
        for (var i = 0; i < row.Length; i++)
        {
            if (i > 0)
                _line.Append(',');
            Append(row[i]);
        }
        await _writer.WriteLineAsync(_line, cancellationToken);
    }

    public override async Task CompleteAsync(CancellationToken cancellationToken)
    {
        await BeginAsync();
        await _writer.FlushAsync(cancellationToken);
    }

    public override async ValueTask DisposeAsync() => await _writer.DisposeAsync();

    private async Task BeginAsync()
    {
        if (_hasHeader)
            return;
        _hasHeader = true;
        await _writer.WriteLineAsync(string.Join(',', columns.Select(static column => column.Name)));
    }

    private void Append(object? value)
    {
        var text = value switch
        {
            null => "",
            string given => given,
            bool truth => truth ? "true" : "false",
            DateTime time => ExportTime.Text(time),
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => throw new InvalidOperationException($"No column has {value.GetType()}."),
        };
        // An empty text is not one that is missing.
        if (text.Length == 0 ? value is null : text.AsSpan().IndexOfAny(",\"\r\n") < 0)
            _line.Append(text);
        else
            _line.Append('"').Append(text.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
    }
}
