using System.Globalization;

namespace FlashCall.Cli.Replay.WhatIf;

/// <summary>
/// What a floor of the number pool would have refused: leases with fewer candidates than the floor asks for. The pool might have told a
/// shorter prefix and found more candidates, which is not recorded: what is said here is the most that would have been refused.
/// </summary>
/// <param name="bits">The floor, in bits: log2 of the numbers that could have rung.</param>
/// <param name="span">Leases for requests made then are counted.</param>
internal sealed class FloorQuestion(double bits, (DateTimeOffset From, DateTimeOffset To) span) : IQuestion
{
    private readonly Dictionary<string, FloorEffect> _byCountry = new(StringComparer.Ordinal);

    /// <summary>The floor, in bits.</summary>
    public double Bits => bits;

    /// <summary>The fewest candidates that it allows.</summary>
    public long Candidates { get; } = (long)Math.Ceiling(Math.Pow(2, bits));

    /// <summary>All together.</summary>
    public FloorEffect Total { get; } = new();

    /// <summary>By country, those where most would have been refused first.</summary>
    public IReadOnlyList<(string Country, FloorEffect Effect)> ByCountry =>
    [
        .. _byCountry.OrderByDescending(one => one.Value.Refused).ThenByDescending(one => one.Value.Leases)
            .ThenBy(one => one.Key, StringComparer.Ordinal).Select(one => (one.Key, one.Value)),
    ];

    /// <inheritdoc/>
    public void Put(RecordedSession session)
    {
    }

    /// <inheritdoc/>
    public void Hear(RecordedSession session, RecordedEvent.CallOver call)
    {
    }

    /// <inheritdoc/>
    public void HearEnd(RecordedSession session)
    {
    }

    /// <inheritdoc/>
    public void Leave(RecordedSession session)
    {
        if (session.Lease is not { } lease || session.Asked.At < span.From || session.Asked.At >= span.To)
            return;
        Total.Count(session, lease, Candidates);
        if (!_byCountry.TryGetValue(session.Destination, out var country))
            _byCountry[session.Destination] = country = new FloorEffect();
        country.Count(session, lease, Candidates);
    }
}

/// <summary>Counts of leases.</summary>
internal sealed class FloorEffect
{
    /// <summary>Leases, the last one of each session.</summary>
    public long Leases { get; private set; }

    /// <summary>Those with fewer candidates than the floor allows.</summary>
    public long Refused { get; private set; }

    /// <summary>Of these, of sessions that verified their number.</summary>
    public long VerifiedRefused { get; private set; }

    /// <summary>The fewest candidates that there were.</summary>
    public long Fewest { get; private set; } = long.MaxValue;

    /// <summary>The highest chance to guess a code with all reports that it allowed, of all leases and of those that are left.</summary>
    public (double Then, double Now) HighestChance { get; private set; }

    /// <summary>The mean of those chances.</summary>
    public (double Then, double Now) MeanChance =>
        (Leases == 0 ? 0 : _sumThen / Leases, Leases == Refused ? 0 : _sumNow / (Leases - Refused));

    private double _sumThen;
    private double _sumNow;

    /// <summary>Counts a lease.</summary>
    public void Count(RecordedSession session, RecordedEvent.Leased lease, long floor)
    {
        // A whole number of guesses out of equally likely numbers.
        var chance = lease.Candidates == 0 ? 1 : Math.Min(1, (double)lease.ReportsAllowed / lease.Candidates);
        var isRefused = lease.Candidates < floor;
        Leases++;
        Fewest = Math.Min(Fewest, lease.Candidates);
        _sumThen += chance;
        if (isRefused)
        {
            Refused++;
            VerifiedRefused += session.IsVerified ? 1 : 0;
        }
        else
        {
            _sumNow += chance;
        }
        HighestChance = (Math.Max(HighestChance.Then, chance), isRefused ? HighestChance.Now : Math.Max(HighestChance.Now, chance));
    }

    /// <summary>A chance as people read it.</summary>
    public static string Chance(double chance) =>
        chance <= 0 ? "" : $"1 in {(1 / chance).ToString("N0", CultureInfo.InvariantCulture)}";
}
