using System.Collections.Frozen;
using FlashCall.Hosting;

namespace FlashCall.Dialer.Trunks;

/// <summary>All trunks that calls may go over, at one moment.</summary>
/// <param name="Version">The version of the newest change that it has; 0 before anything was read.</param>
/// <param name="Trunks">The trunks by name, those that drain too.</param>
internal sealed record TrunkSnapshot(long Version, FrozenDictionary<string, Trunk> Trunks)
{
    /// <summary>Before anything was read.</summary>
    public static readonly TrunkSnapshot Empty = new(0, FrozenDictionary<string, Trunk>.Empty);
}

/// <summary>This replica's view of the trunks.</summary>
internal sealed partial class TrunkDirectory(
    TrunkStore store, SettingsTrunks settings, TimeProvider time, ILogger<TrunkDirectory> logger)
    : VersionedDirectory<TrunkSnapshot>("trunks", time, logger)
{
    private readonly ILogger _logger = logger;
    private FrozenSet<string> _unusable = FrozenSet<string>.Empty;

    /// <summary>The newest view; empty before the first.</summary>
    public TrunkSnapshot Current => Newest ?? TrunkSnapshot.Empty;

    protected override Task BeforeFirstAsync(CancellationToken cancellationToken) => settings.ApplyAsync(cancellationToken);

    protected override Task<long> NewestVersionAsync(CancellationToken cancellationToken) => store.NewestVersionAsync(cancellationToken);

    protected override async Task<TrunkSnapshot?> ReadAsync(CancellationToken cancellationToken) =>
        ViewOf(await store.ReadAllAsync(cancellationToken));

    protected override string Describe(TrunkSnapshot view) => $"{view.Trunks.Count} trunks, version {view.Version}.";

    private TrunkSnapshot ViewOf(IReadOnlyList<StoredTrunk> stored)
    {
        var trunks = new Dictionary<string, Trunk>(StringComparer.Ordinal);
        var unusable = new HashSet<string>(StringComparer.Ordinal);
        foreach (var one in stored.Where(one => !one.IsRemoved))
        {
            if (Usable(one) is { } trunk)
                trunks.Add(trunk.Name, trunk);
            else
                unusable.Add(one.Name);
        }
        _unusable = unusable.ToFrozenSet(StringComparer.Ordinal);
        var snapshot = new TrunkSnapshot(
            stored.Select(one => one.Version).DefaultIfEmpty().Max(), trunks.ToFrozenDictionary(StringComparer.Ordinal));
        LogTaken(snapshot.Trunks.Count, snapshot.Version);
        return snapshot;
    }

    private Trunk? Usable(StoredTrunk stored)
    {
        try
        {
            var trunk = stored.ToTrunk();
            if (trunk is null && !_unusable.Contains(stored.Name))
                LogSecretsUnreadable(stored.Name, SettingName.Of(DialerSettings.SecretsKeyPath));
            return trunk;
        }
        catch (FormatException exception)
        {
            if (!_unusable.Contains(stored.Name))
                LogNotUnderstood(exception, stored.Name);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} trunks, version {Version}")]
    private partial void LogTaken(int count, long version);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "Trunk {Trunk} takes no calls here: its secrets were encrypted under another key than {Setting}. Set the key that all "
            + "replicas have, or put the trunk again with its secrets")]
    private partial void LogSecretsUnreadable(string trunk, string setting);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "Trunk {Trunk} takes no calls here: this release does not understand it. Bring all replicas to the same release, or put "
            + "the trunk again")]
    private partial void LogNotUnderstood(Exception exception, string trunk);
}
