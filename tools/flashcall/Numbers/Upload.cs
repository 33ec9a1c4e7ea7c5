using System.Buffers;
using System.Net;

namespace FlashCall.Cli.Numbers;

/// <summary>A file on its way: read and sent piece by piece, so that its size does not matter, and watched while it is.</summary>
/// <param name="source">The file, read once; of its length, if it has one, exactly that much is sent.</param>
internal sealed class Upload(Stream source) : HttpContent
{
    private const int Piece = 64 * 1024;
    private readonly List<Action> _watchers = [];
    private long _sent;
    private volatile bool _allSent;

    /// <summary>Bytes to send; null where only the end will tell.</summary>
    public long? Length { get; } = source.CanSeek ? source.Length : null;

    /// <summary>Bytes sent so far.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Whether the whole file is sent, and its answer awaited.</summary>
    public bool IsAllSent => _allSent;

    /// <summary>Tells a watcher each time that more is sent, and once all is.</summary>
    public void Watch(Action watcher) => _watchers.Add(watcher);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            int read;
            while ((read = await ReadAsync(buffer, cancellationToken)) > 0)
            {
                await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                Interlocked.Add(ref _sent, read);
                _watchers.ForEach(watcher => watcher());
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        if (Length is { } length && Sent < length)
            throw new CommandException("The file became shorter while it was read. Import it when nobody writes to it.");
        await stream.FlushAsync(cancellationToken);
        _allSent = true;
        _watchers.ForEach(watcher => watcher());
    }

    protected override bool TryComputeLength(out long length)
    {
        length = Length ?? 0;
        return Length is not null;
    }

    private async Task<int> ReadAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        var most = (int)Math.Min(Piece, Length - Sent ?? Piece);
        try
        {
            return await source.ReadAsync(buffer.AsMemory(0, most), cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"The file cannot be read: {exception.Message} Nothing of it is in the pool.", exception);
        }
    }
}
