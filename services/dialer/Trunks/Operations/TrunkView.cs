using FlashCall.Dialer.Routing;

namespace FlashCall.Dialer.Trunks.Operations;

/// <summary>A trunk as operators see it.</summary>
internal sealed record TrunkView
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it takes calls.</summary>
    public required TrunkState State { get; init; }

    /// <summary>Changes with every change; also in <c>ETag</c>.</summary>
    public required long Version { get; init; }

    /// <summary>Who wrote the configuration.</summary>
    public required TrunkOrigin Origin { get; init; }

    /// <summary>When it was changed last (UTC).</summary>
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>The application that changed it last; left out for the settings.</summary>
    public string? ChangedBy { get; init; }

    /// <summary>Calls under way on it, of all replicas.</summary>
    public required int CallsUnderWay { get; init; }

    /// <summary>The fields that a secret is stored for. None is ever shown.</summary>
    public required IReadOnlyList<string> Secrets { get; init; }

    /// <summary>Why it takes no calls although it should, and what to do; left out where it does.</summary>
    public string? Problem { get; init; }

    /// <summary>How it is at this moment; shown for one trunk, left out of the list.</summary>
    public TrunkNowView? Now { get; init; }

    /// <summary>What <c>PUT</c> takes.</summary>
    public required TrunkDocument Configuration { get; init; }
}

/// <summary>How a trunk is at this moment. What does not say otherwise is seen by one replica.</summary>
internal sealed record TrunkNowView
{
    /// <summary>The replica that answers.</summary>
    public required string Replica { get; init; }

    /// <summary>Which calls it gives the trunk: all, one to find out whether the trunk works again, or none.</summary>
    public required Admission Gives { get; init; }

    /// <summary>Why the trunk is held out; left out while it is not.</summary>
    public OutReason? OutReason { get; init; }

    /// <summary>Until when it is held out (UTC); left out while it is not.</summary>
    public DateTimeOffset? OutUntil { get; init; }

    /// <summary>Calls under way.</summary>
    public required int Calls { get; init; }

    /// <summary>Calls that wait for room.</summary>
    public required int Waiting { get; init; }

    /// <summary>Calls begun a second, over the last ten.</summary>
    public required double CallsPerSecond { get; init; }

    /// <summary>Channels in use over all replicas; left out where they are not limited.</summary>
    public int? ChannelsInUse { get; init; }

    /// <summary>Calls that may be begun at once over all replicas; left out where calls per second are not limited.</summary>
    public double? CallsAllowed { get; init; }

    /// <summary>What OPTIONS says of each address; empty where none is asked.</summary>
    public required IReadOnlyList<AddressView> Addresses { get; init; }

    /// <summary>What the last OPTIONS to an address brought.</summary>
    /// <param name="Address">The address.</param>
    /// <param name="Is">Up, down, or unknown before the first answer.</param>
    /// <param name="SipStatus">The answer's status; left out if there was none.</param>
    /// <param name="RoundTripMs">Milliseconds to the answer; left out if there was none.</param>
    /// <param name="AskedAt">When it was asked last (UTC); left out before the first time.</param>
    internal sealed record AddressView(string Address, Reachability Is, int? SipStatus, double? RoundTripMs, DateTimeOffset? AskedAt);

    /// <summary>The view of a status.</summary>
    public static TrunkNowView Of(TrunkStatus status, string replica) => new()
    {
        Replica = replica,
        Gives = status.Admission,
        OutReason = status.OutReason,
        OutUntil = status.OutUntil,
        Calls = status.CallsHere,
        Waiting = status.WaitingHere,
        CallsPerSecond = Math.Round(status.CallsPerSecondHere, 1),
        ChannelsInUse = status.ChannelsInUse,
        CallsAllowed = status.Tokens is { } tokens ? Math.Round(tokens, 2) : null,
        Addresses =
        [
            .. status.Addresses.Select(address => new AddressView(
                address.Address, address.Reachability, address.Status,
                address.RoundTrip is { } roundTrip ? Math.Round(roundTrip.TotalMilliseconds, 1) : null, address.AskedAt)),
        ],
    };
}

/// <summary>All trunks.</summary>
internal sealed record TrunkListView
{
    /// <summary>In the order of their names.</summary>
    public required IReadOnlyList<TrunkView> Trunks { get; init; }
}

/// <summary>Puts together what operators see of a trunk.</summary>
internal sealed class TrunkViews(SecretBox box)
{
    /// <summary>A trunk that is not removed.</summary>
    public TrunkView Of(StoredTrunk trunk) => new()
    {
        Name = trunk.Name,
        State = trunk.State ?? throw new InvalidOperationException("A removed trunk is not shown."),
        Version = trunk.Version,
        Origin = trunk.Origin,
        ChangedAt = trunk.ChangedAt,
        ChangedBy = trunk.ChangedBy,
        CallsUnderWay = trunk.CallsUnderWay,
        Secrets = trunk.Secrets?.Fields ?? [],
        Problem = ProblemOf(trunk),
        Configuration = trunk.Document,
    };

    private string? ProblemOf(StoredTrunk trunk)
    {
        if (!trunk.IsUnderstood)
            return "This release does not understand the configuration. Bring all replicas to the same release, or put it again.";
        if (trunk.Secrets is not null)
            return null;
        return box.HasKey
            ? "The secrets were encrypted under another key. Put the trunk again with its secrets."
            : $"The secrets cannot be read. {TrunkRefusals.SetSecretsKey}";
    }
}
