using System.Text.Json;
using FlashCall.Chaos.Faults;
using FlashCall.Chaos.Ledger;

namespace FlashCall.Chaos;

/// <summary>What came of a run.</summary>
/// <param name="Options">What was to be done.</param>
/// <param name="Entries">What all who took part know.</param>
/// <param name="Faults">What was done to the platform.</param>
/// <param name="Breaches">Which words were not kept.</param>
internal sealed record ChaosResult(ChaosOptions Options, Entries Entries, IReadOnlyList<Injected> Faults, IReadOnlyList<Breach> Breaches)
{
    private const int MostPrinted = 50;

    private static readonly TimeSpan CourseStep = TimeSpan.FromSeconds(5);

    /// <summary>Requests that clients sent, repeats included.</summary>
    public int Requests { get; init; }

    /// <summary>Why they were repeated, and how often.</summary>
    public IReadOnlyDictionary<string, int> Troubles { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>Webhooks that the receiver did not take at first.</summary>
    public int RefusedWebhooks { get; init; }

    /// <summary>When clients began to come (UTC).</summary>
    public DateTimeOffset Begun { get; init; }

    /// <summary>How long all of it took.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>For people: the ledger, what was done, and what is wrong.</summary>
    public void Write(TextWriter to)
    {
        to.WriteLine();
        to.WriteLine(
            $"Ledger of {Options.Length.TotalMinutes:0.##} min at {Options.Rate:0.##} sessions/s, seed {Options.Seed} "
            + $"({Duration.TotalSeconds:0} s in all)");
        foreach (var (name, figure) in Figures)
            to.WriteLine($"  {name,-44}{figure,8}");
        foreach (var (ending, count) in Endings)
            to.WriteLine($"    ended {ending,-38}{count,8}");
        foreach (var (trouble, count) in Troubles.OrderBy(trouble => trouble.Key, StringComparer.Ordinal))
            to.WriteLine($"    requests repeated for: {trouble,-21}{count,8}");
        to.WriteLine("Sessions by when they began, of clients and phones that want it verified:");
        foreach (var (from, begun, verified, errors) in Course)
        {
            to.WriteLine(
                $"  {from,6:0.0} s  {begun,4} begun: {verified,4} verified, {errors,4} error, {begun - verified - errors,4} other");
        }
        to.WriteLine($"Faults: {Faults.Count}");
        foreach (var fault in Faults.OrderBy(fault => fault.From))
        {
            to.WriteLine(
                $"  {(fault.From - Begun).TotalSeconds,6:0.0} s  {fault.Fault}; over after {(fault.To - fault.From).TotalSeconds:0.0} s");
        }
        foreach (var kind in Faults.Select(fault => fault.Fault).GroupBy(fault => fault.Kind).OrderBy(kind => kind.Key))
        {
            to.WriteLine(
                $"  {kind.Key,-8}{string.Join(", ", kind.GroupBy(fault => fault.Target).Select(one => $"{one.Key} ×{one.Count()}"))}");
        }
        to.WriteLine(Breaches.Count == 0 ? "No breach." : $"Breaches: {Breaches.Count}");
        foreach (var breach in Breaches.Take(MostPrinted))
            to.WriteLine($"  {breach.Kind}: {breach.What}");
        if (Breaches.Count > MostPrinted)
            to.WriteLine($"  … and {Breaches.Count - MostPrinted} more");
    }

    /// <summary>For programs: one line.</summary>
    public string ToJson() => JsonSerializer.Serialize(new
    {
        seed = Options.Seed,
        minutes = Options.Length.TotalMinutes,
        rate = Options.Rate,
        seconds = Math.Round(Duration.TotalSeconds, 1),
        figures = Figures.ToDictionary(figure => figure.Name.Replace(' ', '_'), figure => figure.Count, StringComparer.Ordinal),
        ended = Endings.ToDictionary(ending => ending.Ending, ending => ending.Count, StringComparer.Ordinal),
        repeated = Troubles,
        faults = Faults.GroupBy(fault => $"{fault.Fault.Kind}")
            .ToDictionary(kind => kind.Key, kind => kind.Count(), StringComparer.Ordinal),
        breaches = Breaches.Select(breach => new { kind = breach.Kind.ToString(), what = breach.What }),
    });

    private IEnumerable<(string Name, int Count)> Figures =>
    [
        ("sessions asked for", Entries.Clients.Count),
        ("starts acknowledged", Entries.Clients.Count(client => client.VerificationId is not null)),
        ("of clients and phones that want it verified", Entries.Clients.Count(client => client.IsWilling)),
        ("sessions", Entries.Streams.Count),
        ("reports acknowledged",
            Entries.Clients.SelectMany(client => client.Reports).Count(report => report.Answer is "match" or "no_match")),
        ("cancellations acknowledged", Entries.Clients.Count(client => client.Cancelled)),
        ("requests of clients", Requests),
        ("leases", Entries.Leases.Count),
        ("attempts of the dialer", Entries.Attempts.Count),
        ("of them interrupted", Entries.Attempts.Count(attempt => attempt.Disposition == "Interrupted")),
        ("calls that phones saw", Entries.Calls.Count),
        ("webhooks received", Entries.Webhooks.Count),
        ("of them repeats", Entries.Webhooks.Count - Entries.Webhooks.Select(webhook => webhook.VerificationId).Distinct().Count()),
        ("webhooks refused at first", RefusedWebhooks),
        ("breaches", Breaches.Count),
    ];

    /// <summary>Beside the times of the faults it shows what each cost, and how soon all went on.</summary>
    private IEnumerable<(double From, int Begun, int Verified, int Errors)> Course
    {
        get
        {
            var willing = Entries.Clients.Where(client => client.IsWilling).Select(client => client.Reference)
                .ToHashSet(StringComparer.Ordinal);
            return from stream in Entries.Streams
                   where willing.Contains(stream.Reference)
                   let begun = stream.ExpiresAt - ChaosRun.Lifetime - Begun
                   group stream by Math.Floor(begun / CourseStep) into same
                   orderby same.Key
                   select (
                       same.Key * CourseStep.TotalSeconds, same.Count(), same.Count(stream => stream.Status == "verified"),
                       same.Count(stream => stream.Status == "error"));
        }
    }

    private IEnumerable<(string Ending, int Count)> Endings =>
        from stream in Entries.Streams
        group stream by stream.Ending into same
        orderby same.Key
        select (same.Key, same.Count());
}
