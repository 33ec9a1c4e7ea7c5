using System.Collections.Frozen;
using FlashCall.Gateway.Access;
using FlashCall.Hosting;

namespace FlashCall.Gateway.Applications;

/// <summary>Reads the applications as they change, for the <see cref="ApplicationDirectory"/>. The key of the settings is one of
/// them.</summary>
internal sealed partial class ApplicationUpdates(
    ApplicationStore store, GatewaySettings settings, TimeProvider time, ILogger<ApplicationUpdates> logger)
    : VersionedDirectory<ApplicationSnapshot>("applications", time, logger)
{
    /// <summary>What stands for the id of the key of the settings, which is not stored and signs nothing.</summary>
    public static readonly Guid AdminKeyId = Guid.Empty;

    private readonly ILogger _logger = logger;
    private FrozenSet<string> _notUnderstood = FrozenSet<string>.Empty;
    private FrozenSet<Guid> _unreadable = FrozenSet<Guid>.Empty;

    protected override Task<long> NewestVersionAsync(CancellationToken cancellationToken) => store.NewestChangeAsync(cancellationToken);

    protected override async Task<ApplicationSnapshot?> ReadAsync(CancellationToken cancellationToken)
    {
        var applications = new List<Application>();
        var notUnderstood = new HashSet<string>(StringComparer.Ordinal);
        var unreadable = new HashSet<Guid>();
        foreach (var stored in await store.ReadAllAsync(cancellationToken))
        {
            try
            {
                applications.Add(stored.ToApplication());
            }
            catch (FormatException exception)
            {
                if (!_notUnderstood.Contains(stored.Id))
                    LogNotUnderstood(exception, stored.Id);
                notUnderstood.Add(stored.Id);
                continue;
            }
            foreach (var key in stored.Keys.Where(key => key.SigningSecret is null))
            {
                if (!_unreadable.Contains(key.Id))
                    LogSecretUnreadable(key.Id, stored.Id, SettingName.Of(GatewaySettings.SecretsKeyPath));
                unreadable.Add(key.Id);
            }
        }
        if (settings.AdminKeyHash is { } hash)
            applications.Add(Admin(hash));
        (_notUnderstood, _unreadable) = (notUnderstood.ToFrozenSet(StringComparer.Ordinal), unreadable.ToFrozenSet());
        var snapshot = new ApplicationSnapshot(applications);
        LogTaken(snapshot.All.Count);
        return snapshot;
    }

    protected override string Describe(ApplicationSnapshot view) => $"{view.All.Count} applications.";

    private static Application Admin(byte[] hash) => new()
    {
        Id = Application.AdminId,
        Name = "The key of the settings",
        Scopes = [Scopes.Admin],
        Keys = [new ApplicationKey(AdminKeyId, hash, SigningSecret: null, ExpiresAt: null)],
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} applications")]
    private partial void LogTaken(int count);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "The signing secret of key {Key} of the application {Application} was encrypted under another key than {Setting}: what it "
            + "signs is refused here. Set the key that all replicas have, or give the application a new key")]
    private partial void LogSecretUnreadable(Guid key, string application, string setting);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "The application {Application} is refused here: this release does not understand it. Bring all replicas to the same "
            + "release, or put the application again")]
    private partial void LogNotUnderstood(Exception exception, string application);
}
