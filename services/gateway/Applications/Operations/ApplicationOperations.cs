using System.Security.Claims;
using FlashCall.Hosting;

namespace FlashCall.Gateway.Applications.Operations;

/// <summary>How every change goes: decided and made under one lock, seen at once by this replica and within a second by the others, and
/// written to the log with who made it.</summary>
internal sealed partial class ApplicationOperations(
    ApplicationStore store, ApplicationUpdates updates, ILogger<ApplicationOperations> logger)
{
    /// <summary>Changes an application.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="http">The request: who asks.</param>
    /// <param name="what">What is done, past tense, for the log: <c>changed</c>.</param>
    /// <param name="decide">Says what becomes of it; null stands for one that is not there.</param>
    public async Task<ApplicationChange> ChangeAsync(
        string id, HttpContext http, string what, Func<StoredApplication?, ApplicationStep> decide)
    {
        var by = http.User.ApplicationId();
        var key = http.User.FindFirstValue(ApplicationKey.Claim) ?? "";
        // No id is longer than the database's, or has other characters: such an application is not there.
        var change = ApplicationId.IsOne(id)
            ? await store.ChangeAsync(id, by, decide, http.RequestAborted)
            : new ApplicationChange(After: null, Number: null, ((ApplicationStep.Refuse)decide(null)).Problem);
        if (change.Number is { } number)
        {
            LogChanged(id, what, by, key, number);
            // What was done stays done when the client is gone: the next look comes in a second.
            await updates.RefreshAsync(http.RequestAborted);
        }
        return change;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Application {Application}: {What} by {Admin} with key {Key}, change {Number}")]
    private partial void LogChanged(string application, string what, string admin, string key, long number);
}
