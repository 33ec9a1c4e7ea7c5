namespace FlashCall.Cli.Secrets;

/// <summary>A file with a secret, mode 0600, that is being written: whole or not at all, and never readable by others, not even for a
/// moment.</summary>
internal sealed class SecretFile : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _draft;
    private readonly StreamWriter _writer;
    private bool _isWritten;

    /// <summary>Makes the draft, and the folder if there is none; what is there already stays until the secret is written.</summary>
    /// <param name="path">Where the secret is to be.</param>
    /// <exception cref="IOException">It cannot be written there.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written there.</exception>
    public SecretFile(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        _draft = $"{Path}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        _writer = new StreamWriter(_draft, options);
    }

    /// <summary>Where the secret is to be, from the root.</summary>
    public string Path { get; }

    /// <summary>Writes the secret, in place of what was there.</summary>
    public void Write(string secret)
    {
        _writer.Write(secret);
        _writer.Dispose();
        File.Move(_draft, Path, overwrite: true);
        _isWritten = true;
    }

    /// <summary>Removes the draft if nothing was written.</summary>
    public void Dispose()
    {
        _writer.Dispose();
        if (!_isWritten)
            File.Delete(_draft);
    }
}
