using FlashCall.Contracts;
using FlashCall.Dialer.Trunks;
using FlashCall.Hosting;

namespace FlashCall.Dialer.Routing;

/// <summary>
/// Tells the number pool which trunks take calls as this replica sees them: at each change, and again every 30 seconds, after which the
/// pool knows that the replica still lives. Calls do not wait for it; what could not be sent is told anew as it is by then.
/// </summary>
internal sealed partial class TrunkNewsSender(
    TrunkDirectory directory, TrunkConditions conditions, Messenger messenger, TimeProvider time, ILogger<TrunkNewsSender> logger)
    : BackgroundService
{
    /// <summary>The longest pause between two news.</summary>
    internal static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(30);

    // A breaker's time is over without anybody saying so: looking is simpler than being told, and costs next to nothing.
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    private readonly Guid _replica = Guid.CreateVersion7();
    private IReadOnlyList<Contracts.TrunkCondition> _told = [];
    private DateTimeOffset _tellAgainAt = DateTimeOffset.MinValue;
    private bool _isFailing;

    /// <summary>How the trunks are, in the order of their names. Pure but for the conditions.</summary>
    internal static IReadOnlyList<Contracts.TrunkCondition> Look(IEnumerable<Trunk> trunks, Func<string, TrunkCondition> conditions) =>
    [
        .. trunks.OrderBy(trunk => trunk.Name, StringComparer.Ordinal).Select(trunk => new Contracts.TrunkCondition
        {
            Name = trunk.Name,
            Usable = trunk.State == TrunkState.Active && TakesCalls(conditions(trunk.Name)),
            Destinations = [.. trunk.Destinations.Select(destination => destination.Prefix).Order(StringComparer.Ordinal)],
        }),
    ];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Before the trunks are read, "no trunks" would be false.
        await directory.CurrentAsync(stoppingToken);
        using var timer = new PeriodicTimer(LookEvery, time);
        do
        {
            var seen = Look(directory.Current.Trunks.Values, conditions.Of);
            if (time.GetUtcNow() >= _tellAgainAt || (!_isFailing && !IsSame(seen, _told)))
                await TellAsync(seen, stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task TellAsync(IReadOnlyList<Contracts.TrunkCondition> seen, CancellationToken stoppingToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        timeout.CancelAfter(SendTimeout);
        try
        {
            var news = new TrunkNews { Replica = _replica, At = time.GetUtcNow(), Trunks = seen };
            await messenger.SendAsync(Queues.NumberPool, news, Guid.CreateVersion7(), timeout.Token);
            _told = seen;
            _tellAgainAt = news.At + TellEvery;
            if (_isFailing)
                LogBack();
            _isFailing = false;
        }
        // Whatever the broker's trouble is, the next news say all that these would have said.
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            if (!_isFailing)
                LogFailed(exception);
            _isFailing = true;
            _tellAgainAt = time.GetUtcNow() + PauseAfterFailure;
        }
    }

    /// <summary>A breaker that lets one call through to find out needs a number that it can come from. Where OPTIONS find out, no person
    /// has to wait for a call that fails; a trunk that drops OPTIONS and completes calls has its breaker closed.</summary>
    private static bool TakesCalls(TrunkCondition condition) => condition.Admission switch
    {
        Admission.All => true,
        Admission.One => condition.Reachability != Reachability.Down,
        Admission.None => false,
        _ => throw new InvalidOperationException($"Unknown admission {condition.Admission}."),
    };

    private static bool IsSame(IReadOnlyList<Contracts.TrunkCondition> one, IReadOnlyList<Contracts.TrunkCondition> other) =>
        one.Count == other.Count && one.Zip(other).All(pair =>
            pair.First.Name == pair.Second.Name && pair.First.Usable == pair.Second.Usable
            && pair.First.Destinations.SequenceEqual(pair.Second.Destinations, StringComparer.Ordinal));

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Cannot tell the number pool which trunks take calls; it is told as soon as the broker, and the pool's queue, are there")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "The number pool is told again which trunks take calls")]
    private partial void LogBack();
}
