using FlashCall.Fraud.Policies;
using FlashCall.Hosting;

namespace FlashCall.Fraud.Versions;

/// <summary>This replica's view of the active policy. Where it does not understand the one that was activated, the one before stays.</summary>
/// <param name="store">The policies.</param>
/// <param name="settings">What the settings say.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Says what changed.</param>
internal sealed partial class PolicyDirectory(
    PolicyStore store, PolicyDocument settings, TimeProvider time, ILogger<PolicyDirectory> logger)
    : VersionedDirectory<Policy>("fraud policies", time, logger)
{
    private readonly ILogger _logger = logger;
    private readonly TimeProvider _time = time;

    protected override async Task BeforeFirstAsync(CancellationToken cancellationToken)
    {
        if (!await store.OfferAsync(settings, _time.GetUtcNow(), cancellationToken))
            LogSettingsUnused();
    }

    protected override Task<long> NewestVersionAsync(CancellationToken cancellationToken) => store.NewestActivationAsync(cancellationToken);

    protected override async Task<Policy?> ReadAsync(CancellationToken cancellationToken) =>
        await store.FindActiveAsync(cancellationToken) is { } active ? Understand(active) : null;

    protected override string Describe(Policy view) => $"Policy {view.Version}.";

    private Policy? Understand(StoredPolicy active)
    {
        try
        {
            var policy = active.ToPolicy();
            LogTaken(policy.Version, active.ActivatedBy ?? "the settings");
            return policy;
        }
        catch (FormatException exception)
        {
            LogNotUnderstood(exception, active.Number);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Policy {Version} decides now; it was activated by {By}")]
    private partial void LogTaken(string version, string by);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "The policy that an operator activated decides; what the settings say under Fraud is not used. Activate a version of the "
            + "settings over POST /v1/fraud/policies/{{number}}/activate to go back")]
    private partial void LogSettingsUnused();

    [LoggerMessage(Level = LogLevel.Error,
        Message = "Policy {Number} was activated, and this release does not understand it: the one before goes on to decide here. Bring all "
            + "replicas to the same release, or activate another policy")]
    private partial void LogNotUnderstood(Exception exception, int number);
}
