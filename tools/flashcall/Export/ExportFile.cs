namespace FlashCall.Cli.Export;

/// <summary>Writes rows in a format, and keeps no more of them than it has to.</summary>
internal abstract class ExportFile : IAsyncDisposable
{
    /// <summary>Writes a row.</summary>
    /// <param name="row">Its values, in the order of the columns.</param>
    /// <param name="line">The line of the stream that it is of; empty where it is of several.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public abstract ValueTask WriteAsync(object?[] row, ReadOnlyMemory<byte> line, CancellationToken cancellationToken);

    /// <summary>Writes what ends the file.</summary>
    public abstract Task CompleteAsync(CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();
}
