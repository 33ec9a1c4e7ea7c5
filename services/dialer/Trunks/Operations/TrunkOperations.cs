using FlashCall.Hosting;

namespace FlashCall.Dialer.Trunks.Operations;

/// <summary>How every change goes: the precondition is checked and the change made under one lock, this replica sees it at once and the
/// others within a second, the log says who made it.</summary>
internal sealed partial class TrunkOperations(TrunkStore store, TrunkDirectory directory, ILogger<TrunkOperations> logger)
{
    /// <summary>Changes a trunk.</summary>
    /// <param name="name">Its name, as the address has it.</param>
    /// <param name="http">The request: who asks, under which condition. The response gets the new version.</param>
    /// <param name="decide">Says what becomes of the trunk; null stands for one that is not there.</param>
    public async Task<TrunkChange> ChangeAsync(string name, HttpContext http, Func<StoredTrunk?, TrunkStep> decide)
    {
        if (!VersionCondition.TryRead(http.Request, out var condition))
            return new TrunkChange(Before: null, After: null, TrunkRefusals.UnreadableCondition());
        var by = http.User.ApplicationId();
        var change = await store.ChangeAsync(name, by, current =>
        {
            var there = current is { IsRemoved: false } ? current : null;
            return condition.Check(there) is { } problem ? new TrunkStep.Refuse(problem) : decide(there);
        }, http.RequestAborted);
        if (change.Refused is not null)
            return change;
        if (change.After is { } after)
        {
            SetVersion(http.Response, after);
            if (change.Before?.Version != after.Version)
            {
                LogChanged(name, after.IsRemoved ? "removed" : TrunkWords.States.Write(after.State!.Value), by, after.Version);
                await directory.RefreshAsync(http.RequestAborted);
            }
        }
        return change;
    }

    /// <summary>Says the version of a trunk (RFC 9110 §8.8.3).</summary>
    public static void SetVersion(HttpResponse response, StoredTrunk trunk)
    {
        if (!trunk.IsRemoved)
            response.Headers.ETag = VersionCondition.TagOf(trunk.Version);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Trunk {Trunk} was changed by {Application}: {State}, version {Version}")]
    private partial void LogChanged(string trunk, string state, string application, long version);
}
