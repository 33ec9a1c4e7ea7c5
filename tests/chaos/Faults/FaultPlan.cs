namespace FlashCall.Chaos.Faults;

/// <summary>Which faults come in which order: a deck that has each kind for each part, shuffled by the seed again and again, so that a
/// run of some minutes leaves out nothing. Pure.</summary>
internal static class FaultPlan
{
    /// <summary>The services, each of which runs in two replicas.</summary>
    public static readonly IReadOnlyList<string> Services = ["gateway", "verification", "fraud", "number-pool", "dialer"];

    /// <summary>PostgreSQL and RabbitMQ.</summary>
    public static readonly IReadOnlyList<string> Servers = [Postgres, RabbitMq];

    public const string Postgres = "postgres";
    public const string RabbitMq = "rabbitmq";

    /// <summary>Stands for every replica where connections are meant.</summary>
    public const string All = "all";

    /// <summary>The replicas of a service.</summary>
    public static IEnumerable<string> ReplicasOf(string service) => [$"{service}-1", $"{service}-2"];

    /// <summary>Faults without end, or once what a brief run has.</summary>
    /// <param name="seed">The same seed, the same faults.</param>
    /// <param name="isBrief">For a run of seconds: one of each sort, short, and nothing that takes long to come back.</param>
    public static IEnumerable<Fault> Of(int seed, bool isBrief)
    {
        var random = new Random(seed);
        do
        {
            var deck = (isBrief ? Brief(random) : Whole(random)).ToArray();
            random.Shuffle(deck);
            foreach (var fault in deck)
                yield return fault;
        }
        while (!isBrief);
    }

    private static IEnumerable<Fault> Whole(Random random)
    {
        foreach (var service in Services)
        {
            yield return Of(FaultKind.Kill, Replica(random, service));
            yield return Of(FaultKind.Freeze, Replica(random, service), 1, 10);
            yield return Of(FaultKind.Restart, Replica(random, service));
        }
        foreach (var server in Servers)
        {
            yield return Of(FaultKind.Kill, server);
            yield return Of(FaultKind.Freeze, server, 1, 6);
            yield return Of(FaultKind.Restart, server);
            foreach (var who in (string[])[All, Replica(random, Services[random.Next(Services.Count)])])
            {
                yield return Of(FaultKind.Cut, $"{who} to {server}");
                yield return Of(FaultKind.Stall, $"{who} to {server}", 1, 6);
                yield return Of(FaultKind.Slow, $"{who} to {server}", 2, 6);
            }
        }

        Fault Of(FaultKind kind, string target, double shortest = 0, double longest = 0) =>
            new(kind, target, Seconds(random, shortest, longest),
                Servers.Contains(target, StringComparer.Ordinal) ? Seconds(random, 3, 8) : Seconds(random, 1, 4));
    }

    private static IEnumerable<Fault> Brief(Random random)
    {
        foreach (var service in Services)
            yield return Of(FaultKind.Kill, Replica(random, service));
        yield return Of(FaultKind.Freeze, Replica(random, "verification"), 1, 2);
        yield return Of(FaultKind.Freeze, Replica(random, "dialer"), 1, 2);
        yield return Of(FaultKind.Kill, Postgres);
        yield return Of(FaultKind.Cut, $"{All} to {RabbitMq}");
        yield return Of(FaultKind.Stall, $"{All} to {Postgres}", 0.5, 1);
        yield return Of(FaultKind.Freeze, RabbitMq, 0.5, 1.5);

        Fault Of(FaultKind kind, string target, double shortest = 0, double longest = 0) =>
            new(kind, target, Seconds(random, shortest, longest), Seconds(random, 0.3, 0.8));
    }

    private static string Replica(Random random, string service) => $"{service}-{random.Next(1, 3)}";

    private static TimeSpan Seconds(Random random, double shortest, double longest) =>
        TimeSpan.FromMilliseconds(Math.Round(1000 * (shortest + (longest - shortest) * random.NextDouble())));
}
