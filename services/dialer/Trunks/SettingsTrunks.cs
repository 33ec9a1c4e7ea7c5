namespace FlashCall.Dialer.Trunks;

/// <summary>Brings the trunks of the settings into the database at a start. What was changed or removed over the API since stays as the
/// API left it.</summary>
internal sealed partial class SettingsTrunks(DialerSettings settings, TrunkStore store, ILogger<SettingsTrunks> logger)
{
    /// <summary>Writes those that are new or differ from what the settings wrote before.</summary>
    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
        foreach (var document in settings.Trunks)
        {
            var change = await store.ChangeAsync(document.Name!, by: null, current => StepOf(document, current), cancellationToken);
            if (change.After is not { } after)
                continue;
            if (after.IsRemoved)
                LogRemoved(after.Name, after.ChangedBy, after.ChangedAt);
            else if (after.Origin == TrunkOrigin.Api && !TrunkStore.AreSame(document, after.Document))
                LogChanged(after.Name, after.ChangedBy, after.ChangedAt);
            else if (change.Before?.Version != after.Version)
                LogWritten(after.Name);
        }
        var named = settings.Trunks.Select(trunk => trunk.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var left in await store.ReadAllAsync(cancellationToken))
        {
            if (left is { Origin: TrunkOrigin.Settings, IsRemoved: false } && !named.Contains(left.Name))
                LogLeft(left.Name);
        }
    }

    private static TrunkStep StepOf(TrunkDocument document, StoredTrunk? current) => current switch
    {
        null => new TrunkStep.Put(document),
        { Origin: TrunkOrigin.Settings, IsRemoved: false }
            when !TrunkStore.AreSame(document, current.Document) || document.Secrets != current.Secrets => new TrunkStep.Put(document),
        _ => new TrunkStep.Leave(),
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "Trunk {Trunk} is now as the settings have it")]
    private partial void LogWritten(string trunk);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "Trunk {Trunk} stays as {Application} put it over the API at {At:u}; what the settings say of it is not used")]
    private partial void LogChanged(string trunk, string? application, DateTimeOffset at);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "Trunk {Trunk} stays removed, as {Application} left it over the API at {At:u}; what the settings say of it is not used. "
            + "PUT /v1/trunks/{Trunk} brings it back")]
    private partial void LogRemoved(string trunk, string? application, DateTimeOffset at);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Trunk {Trunk} came from the settings, which do not have it any more, and still takes calls. To be rid of it, drain and "
            + "delete /v1/trunks/{Trunk}")]
    private partial void LogLeft(string trunk);
}
