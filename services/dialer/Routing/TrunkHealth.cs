using FlashCall.Dialer.Trunks;

namespace FlashCall.Dialer.Routing;

/// <summary>Asks every address of every trunk by OPTIONS whether it is there, each at its trunk's interval, and follows the trunks as
/// they change.</summary>
internal sealed partial class TrunkHealth(
    TrunkSource trunks, OptionsProbe probe, TrunkConditions conditions, RoutingMetrics metrics, TimeProvider time,
    ILogger<TrunkHealth> logger) : BackgroundService
{
    /// <summary>How soon a trunk that was added or changed is asked.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    // Replicas that start together shall not ask together for ever.
    private const double Jitter = 0.1;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Watched> _watched = new(StringComparer.Ordinal);

    /// <summary>What OPTIONS said last about each address of a trunk, in their order; empty for a trunk that is not asked.</summary>
    public IReadOnlyList<AddressHealth> Of(string trunk)
    {
        lock (_gate)
            return _watched.TryGetValue(trunk, out var watched) ? [.. watched.Addresses.Select(address => address.Health)] : [];
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        var asking = new List<Task>();
        try
        {
            do
            {
                asking.RemoveAll(task => task.IsCompleted);
                foreach (var (trunk, watched, address) in Due())
                    asking.Add(AskAsync(trunk, watched, address, stoppingToken));
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        finally
        {
            await Task.WhenAll(asking);
        }
    }

    /// <summary>Brings what is watched in line with the trunks there are.</summary>
    /// <returns>The addresses to ask now.</returns>
    private List<(Trunk Trunk, Watched Watched, Address Address)> Due()
    {
        var all = trunks.All;
        var due = new List<(Trunk, Watched, Address)>();
        lock (_gate)
        {
            foreach (var gone in _watched.Keys.Except(all.Select(trunk => trunk.Name), StringComparer.Ordinal).ToArray())
            {
                _watched.Remove(gone);
                conditions.Forget(gone);
            }
            foreach (var trunk in all)
            {
                if (!_watched.TryGetValue(trunk.Name, out var watched) || !watched.IsOf(trunk))
                    watched = Watch(trunk);
                var now = time.GetTimestamp();
                foreach (var address in watched.Addresses.Where(address => !address.IsAsked && address.DueAt <= now))
                {
                    address.IsAsked = true;
                    due.Add((trunk, watched, address));
                }
            }
        }
        return due;
    }

    private Watched Watch(Trunk trunk)
    {
        // What was held against the addresses before says nothing about these.
        if (_watched.ContainsKey(trunk.Name))
            conditions.Forget(trunk.Name);
        var watched = _watched[trunk.Name] = new Watched(trunk);
        conditions.ReportOptions(trunk.Name, watched.Addresses.Count > 0 ? Reachability.Unknown : Reachability.Up, sentAt: null);
        return watched;
    }

    private async Task AskAsync(Trunk trunk, Watched watched, Address address, CancellationToken stoppingToken)
    {
        try
        {
            var health = await probe.AskAsync(trunk, address.Text, stoppingToken);
            if (health.RoundTrip is { } roundTrip)
                metrics.Answered(trunk.Name, roundTrip);
            Record(trunk, watched, address, health);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            LogStopped(trunk.Name);
        }
        // What cannot be asked, for whatever reason, cannot be called either; the other addresses are asked all the same.
        catch (Exception exception)
        {
            LogFailed(exception, trunk.Name, address.Text);
            Record(trunk, watched, address, new AddressHealth(address.Text, Reachability.Down, AskedAt: time.GetUtcNow()));
        }
    }

    private void Record(Trunk trunk, Watched watched, Address address, AddressHealth health)
    {
        Reachability ofTrunk;
        var before = address.Health.Reachability;
        lock (_gate)
        {
            address.Health = health;
            address.IsAsked = false;
            var interval = trunk.OptionsInterval * (1 + Jitter * (2 * Random.Shared.NextDouble() - 1));
            address.DueAt = time.GetTimestamp() + (long)(interval.TotalSeconds * time.TimestampFrequency);
            if (!_watched.TryGetValue(trunk.Name, out var current) || !ReferenceEquals(current, watched))
                return;
            ofTrunk = AddressHealth.OfAll(watched.Addresses.Select(each => each.Health));
            // One address that is down while another is up says nothing about the trunk.
            conditions.ReportOptions(trunk.Name, ofTrunk, health.Reachability == ofTrunk ? health.AskedAt : null);
        }
        if (health.Reachability == Reachability.Down && before != Reachability.Down)
            LogDown(trunk.Name, address.Text, health.Status);
        else if (health.Reachability == Reachability.Up && before == Reachability.Down)
            LogUp(trunk.Name, address.Text, health.Status);
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Trunk {Trunk} does not answer OPTIONS at {Address} (SIP status {Status}). If the carrier answers none, set the trunk's "
            + "OptionsInterval to 0")]
    private partial void LogDown(string trunk, string address, int? status);

    [LoggerMessage(Level = LogLevel.Information, Message = "Trunk {Trunk} answers OPTIONS at {Address} again (SIP status {Status})")]
    private partial void LogUp(string trunk, string address, int? status);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Trunk {Trunk} cannot be asked by OPTIONS at {Address}, and counts as down there")]
    private partial void LogFailed(Exception exception, string trunk, string address);

    [LoggerMessage(Level = LogLevel.Debug, Message = "An OPTIONS to trunk {Trunk} is left unanswered: the process stops")]
    private partial void LogStopped(string trunk);

    /// <summary>A trunk as far as it matters for its addresses being there.</summary>
    private sealed class Watched(Trunk trunk)
    {
        public IReadOnlyList<Address> Addresses { get; } =
            trunk.OptionsInterval > TimeSpan.Zero ? [.. trunk.Addresses.Select(address => new Address(address))] : [];

        public bool IsOf(Trunk other) =>
            trunk.Transport == other.Transport && trunk.Tls == other.Tls && trunk.Credentials == other.Credentials
            && trunk.Addresses.SequenceEqual(other.Addresses, StringComparer.Ordinal)
            && (trunk.OptionsInterval > TimeSpan.Zero) == (other.OptionsInterval > TimeSpan.Zero);
    }

    private sealed class Address(string text)
    {
        public string Text { get; } = text;

        public AddressHealth Health { get; set; } = AddressHealth.Unasked(text);

        public long DueAt { get; set; } = long.MinValue;

        public bool IsAsked { get; set; }
    }
}
