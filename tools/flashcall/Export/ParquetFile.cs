using System.IO.Compression;
using Parquet;
using Parquet.Schema;

namespace FlashCall.Cli.Export;

/// <summary>Apache Parquet, compressed with Zstandard. A row group is written, and forgotten, when it has enough rows.</summary>
internal sealed class ParquetFile(Stream output, IReadOnlyList<Column> columns) : ExportFile
{
    /// <summary>Rows of a group: some ten megabytes of events.</summary>
    private const int GroupRows = 20_000;

    /// <summary>The library's usual level is the smallest size, which takes twenty times as long for a quarter less.</summary>
    private static readonly ParquetOptions Options = new()
    {
        CompressionMethod = CompressionMethod.Zstd,
        CompressionLevel = CompressionLevel.Fastest,
    };

    private readonly DataField[] _fields = [.. columns.Select(FieldOf)];
    private readonly List<object?[]> _rows = new(GroupRows);
    private ParquetWriter? _writer;

    public override ValueTask WriteAsync(object?[] row, ReadOnlyMemory<byte> line, CancellationToken cancellationToken)
    {
        _rows.Add(row);
        return _rows.Count == GroupRows ? new ValueTask(WriteGroupAsync(cancellationToken)) : ValueTask.CompletedTask;
    }

    public override async Task CompleteAsync(CancellationToken cancellationToken)
    {
        if (_rows.Count > 0 || _writer is null)
            await WriteGroupAsync(cancellationToken);
        await _writer!.DisposeAsync();
        _writer = null;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_writer is not null)
            await _writer.DisposeAsync();
    }

    private async Task WriteGroupAsync(CancellationToken cancellationToken)
    {
        _writer ??= await ParquetWriter.CreateAsync(
            new ParquetSchema(_fields), output, Options, cancellationToken: cancellationToken);
        using var group = _writer.CreateRowGroup();
        for (var i = 0; i < columns.Count; i++)
            await WriteColumnAsync(group, i, cancellationToken);
        group.CompleteValidate();
        _rows.Clear();
    }

    private Task WriteColumnAsync(ParquetRowGroupWriter group, int column, CancellationToken cancellationToken)
    {
        return columns[column].Kind switch
        {
            ColumnKind.Text => group.WriteAsync(_fields[column], _rows.ConvertAll(row => (string)row[column]!)),
            ColumnKind.Whole => WriteAsync<long>(group, column, cancellationToken),
            ColumnKind.Real => WriteAsync<double>(group, column, cancellationToken),
            ColumnKind.Truth => WriteAsync<bool>(group, column, cancellationToken),
            ColumnKind.Time => WriteAsync<DateTime>(group, column, cancellationToken),
            _ => throw new InvalidOperationException($"Unknown kind of column {columns[column].Kind}."),
        };
    }

    private Task WriteAsync<T>(ParquetRowGroupWriter group, int column, CancellationToken cancellationToken) where T : struct =>
        group.WriteAsync<T>(_fields[column], _rows.Select(row => (T?)row[column]).ToArray(), cancellationToken: cancellationToken);

    private static DataField FieldOf(Column column) => column.Kind switch
    {
        ColumnKind.Text => new DataField(column.Name, typeof(string), isNullable: true),
        ColumnKind.Whole => new DataField(column.Name, typeof(long), isNullable: true),
        ColumnKind.Real => new DataField(column.Name, typeof(double), isNullable: true),
        ColumnKind.Truth => new DataField(column.Name, typeof(bool), isNullable: true),
        ColumnKind.Time => new DateTimeDataField(
            column.Name, DateTimeFormat.Timestamp, isAdjustedToUTC: true, unit: DateTimeTimeUnit.Micros, isNullable: true),
        _ => throw new InvalidOperationException($"Unknown kind of column {column.Kind}."),
    };
}
