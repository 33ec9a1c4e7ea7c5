using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlashCall.Contracts;
using Spectre.Console;

namespace FlashCall.Cli.Replay.WhatIf;

/// <summary>What the questions were answered, for people and for programs.</summary>
internal sealed class WhatIfReport(Terminal terminal)
{
    private const int RowsShown = 15;

    private static readonly JsonSerializerOptions Indented =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly Verdict?[] Then = [Verdict.Allow, Verdict.Challenge, Verdict.Block, null];

    private static readonly string[] Dimensions = ["reason", "country", "purpose", "application"];

    /// <summary>Prints it as JSON.</summary>
    public Task PrintJsonAsync(
        RecordedSessions sessions, long events, PolicyQuestion? policy, FloorQuestion? floor, RingTimeQuestion? ring,
        DifferingSessions differing)
    {
        var document = new JsonObject
        {
            ["events"] = events,
            ["requests"] = sessions.Requests,
            ["erased"] = sessions.Erased,
            ["eventsWithoutBeginning"] = sessions.WithoutBeginning,
        };
        if (policy is not null)
            document["policy"] = JsonOf(policy.Effect, differing);
        if (floor is not null)
            document["floor"] = JsonOf(floor);
        if (ring is not null)
            document["ringTime"] = JsonOf(ring);
        return terminal.Output.WriteLineAsync(document.ToJsonString(Indented));
    }

    /// <summary>Prints it as tables.</summary>
    public void Print(
        RecordedSessions sessions, long events, PolicyQuestion? policy, FloorQuestion? floor, RingTimeQuestion? ring,
        DifferingSessions differing)
    {
        var console = terminal.Rich();
        console.WriteLine($"{Tables.Count(sessions.Requests)} requests in {Tables.Count(events)} events."
            + (sessions.Erased > 0 ? $" {Tables.Count(sessions.Erased)} of people who were forgotten are left out." : ""));
        if (policy is not null)
            Print(console, policy.Effect, differing);
        if (floor is not null)
            Print(console, floor);
        if (ring is not null)
            Print(console, ring);
    }

    private static void Print(IAnsiConsole console, PolicyEffect effect, DifferingSessions differing)
    {
        var total = effect.Total;
        console.WriteLine($"Policy {effect.Version} against {(effect.Against == "recorded" ? "what was recorded" : effect.Against)}; "
            + $"{Tables.Count(effect.WarmUp)} requests before the span warmed the history up.");
        var (recorded, same) = effect.Reproduced;
        console.WriteLine($"{Tables.Count(same)} of {Tables.Count(recorded)} recorded verdicts ({Share(same, recorded)}) are "
            + (effect.Against == "recorded" ? "the same." : "what the base policy says."));

        var verdicts = Tables.Of("then", ">allow now", ">challenge now", ">block now");
        foreach (var then in Then)
        {
            verdicts.Add(then is { } known ? DifferingSessions.Snake(known) : "not recorded",
                Tables.Count(effect[then, Verdict.Allow]), Tables.Count(effect[then, Verdict.Challenge]),
                Tables.Count(effect[then, Verdict.Block]));
        }
        Tables.Write(console, "Verdicts", verdicts);

        var meaning = Tables.Of("", ">sessions", ">share", "of");
        meaning.Add("verified people who would be refused", Tables.Count(total.VerifiedRefused),
            Share(total.VerifiedRefused, total.Verified),
            $"{Tables.Count(total.Verified)} verified; {Tables.Count(effect.RefusedPeople)} numbers");
        meaning.Add("never verified, would be refused", Tables.Count(total.UnverifiedRefused),
            Share(total.UnverifiedRefused, total.Unverified), $"{Tables.Count(total.Unverified)} let through then and never verified");
        meaning.Add("refused then, would be let through", Tables.Count(total.ThroughNow),
            Share(total.ThroughNow, total.RefusedThen), $"{Tables.Count(total.RefusedThen)} refused then");
        Tables.Write(console, "What it means", meaning);
        if (effect.Currency is { } currency)
        {
            console.WriteLine($"Calls cost {Money(total.CostThen, currency)} then and would cost {Money(total.CostNow, currency)}, "
                + $"by the prices of the policy.");
        }
        foreach (var dimension in Dimensions)
        {
            var table = Tables.Of(dimension, ">requests", ">refused now", ">of them verified", ">let through now");
            var differ = effect.By(dimension).Where(one => one.Effect.RefusedNow + one.Effect.ThroughNow > 0);
            foreach (var (value, one) in differ.Take(RowsShown))
            {
                table.Add(value.Length == 0 ? "none" : value, Tables.Count(one.Requests), Tables.Count(one.RefusedNow),
                    Tables.Count(one.VerifiedRefused), Tables.Count(one.ThroughNow));
            }
            Tables.Write(console, $"By {dimension}", table);
        }
        var sessions = Tables.Of("session", "requested", "number", "purpose", "then", "now", "reason", "outcome");
        foreach (var row in differing.First)
        {
            sessions.Add(Text(row, "verificationId"), Text(row, "requestedAt"), Text(row, "to"), Text(row, "purpose"), Text(row, "then"),
                Text(row, "now"), Text(row, "reason") ?? Text(row, "reasonThen"), Text(row, "outcome"));
        }
        Tables.Write(console, $"The first of {Tables.Count(differing.Count)} sessions that differ", sessions);
    }

    private static void Print(IAnsiConsole console, FloorQuestion floor)
    {
        var table = Tables.Of("country", ">leases", ">refused", ">of them verified", ">fewest numbers", "guess then", "guess now");
        foreach (var (country, one) in floor.ByCountry.Take(RowsShown).Append(("all", floor.Total)))
        {
            table.Add(country, Tables.Count(one.Leases), Tables.Count(one.Refused), Tables.Count(one.VerifiedRefused),
                one.Leases == 0 ? "" : Tables.Count(one.Fewest), FloorEffect.Chance(one.MeanChance.Then),
                FloorEffect.Chance(one.MeanChance.Now));
        }
        Tables.Write(console, $"A floor of {Tables.Bits(floor.Bits)} bits, {Tables.Count(floor.Candidates)} numbers", table);
    }

    private static void Print(IAnsiConsole console, RingTimeQuestion ring)
    {
        var table = Tables.Of("", ">sessions", ">share");
        table.Add("rang", Tables.Count(ring.Rang), "");
        table.Add("verified", Tables.Count(ring.Verified), Share(ring.Verified, ring.Rang));
        table.Add("reported while it rang", Tables.Count(ring.WhileRinging), Share(ring.WhileRinging, ring.Verified));
        table.Add("reported while it rang, later than that", Tables.Count(ring.AtRisk), Share(ring.AtRisk, ring.Verified));
        table.Add("rang to its end and nobody reported", Tables.Count(ring.MayWin), Share(ring.MayWin, ring.Rang));
        table.Add("answered", Tables.Count(ring.Answered), Share(ring.Answered, ring.Rang));
        table.Add("answered later than that", Tables.Count(ring.AnsweredLater), Share(ring.AnsweredLater, ring.Rang));
        Tables.Write(console, $"A ring time of {Seconds(ring.RingTime.TotalSeconds)}", table);
        var delays = Tables.Of("from ring to report", ">50 %", ">90 %", ">95 %", ">99 %");
        foreach (var (name, typed) in ((string, bool)[])[("read by an app", false), ("typed by a person", true)])
        {
            if (ring.Delay(typed, 50) is not null)
                delays.Add([name, .. ((int[])[50, 90, 95, 99]).Select(percent => Seconds(ring.Delay(typed, percent) ?? 0))]);
        }
        Tables.Write(console, title: null, delays);
    }

    private static JsonObject JsonOf(PolicyEffect effect, DifferingSessions differing) => new()
    {
        ["version"] = effect.Version,
        ["against"] = effect.Against,
        ["warmUpRequests"] = effect.WarmUp,
        ["notUnderstood"] = effect.NotUnderstood,
        ["recordedVerdicts"] = effect.Reproduced.Recorded,
        ["reproducedVerdicts"] = effect.Reproduced.Same,
        ["recordedVersions"] = new JsonObject(effect.Versions.Select(one => KeyValuePair.Create(one.Key, (JsonNode?)one.Value))),
        ["verdicts"] = new JsonArray([.. Then.SelectMany(then => Enum.GetValues<Verdict>().Select(now => (JsonNode)new JsonObject
        {
            ["then"] = then is { } known ? DifferingSessions.Snake(known) : null,
            ["now"] = DifferingSessions.Snake(now),
            ["requests"] = effect[then, now],
        }))]),
        ["total"] = JsonOf(effect.Total, effect.Currency),
        ["refusedNumbers"] = effect.RefusedPeople,
        ["by"] = new JsonObject(Dimensions.Select(dimension => KeyValuePair.Create(dimension, (JsonNode?)new JsonObject(
            effect.By(dimension).Select(one => KeyValuePair.Create(one.Value, (JsonNode?)JsonOf(one.Effect, effect.Currency))))))),
        ["differing"] = differing.Count,
        ["sessions"] = new JsonArray([.. differing.First.Select(row => row.DeepClone())]),
    };

    private static JsonObject JsonOf(Effect effect, string? currency)
    {
        var document = new JsonObject
        {
            ["requests"] = effect.Requests,
            ["verified"] = effect.Verified,
            ["unverified"] = effect.Unverified,
            ["refusedThen"] = effect.RefusedThen,
            ["refusedNow"] = effect.RefusedNow,
            ["verifiedRefused"] = effect.VerifiedRefused,
            ["unverifiedRefused"] = effect.UnverifiedRefused,
            ["letThroughNow"] = effect.ThroughNow,
            ["calls"] = effect.Calls,
        };
        if (currency is not null)
        {
            document["currency"] = currency;
            document["costThenMicros"] = effect.CostThen;
            document["costNowMicros"] = effect.CostNow;
        }
        return document;
    }

    private static JsonObject JsonOf(FloorQuestion floor) => new()
    {
        ["bits"] = floor.Bits,
        ["candidates"] = floor.Candidates,
        ["total"] = JsonOf(floor.Total),
        ["by"] = new JsonObject
        {
            ["country"] = new JsonObject(floor.ByCountry.Select(one => KeyValuePair.Create(one.Country, (JsonNode?)JsonOf(one.Effect)))),
        },
    };

    private static JsonObject JsonOf(FloorEffect effect) => new()
    {
        ["leases"] = effect.Leases,
        ["refused"] = effect.Refused,
        ["verifiedRefused"] = effect.VerifiedRefused,
        ["fewestCandidates"] = effect.Leases == 0 ? null : effect.Fewest,
        ["meanChanceThen"] = effect.MeanChance.Then,
        ["meanChanceNow"] = effect.MeanChance.Now,
        ["highestChanceThen"] = effect.HighestChance.Then,
        ["highestChanceNow"] = effect.HighestChance.Now,
    };

    private static JsonObject JsonOf(RingTimeQuestion ring) => new()
    {
        ["seconds"] = ring.RingTime.TotalSeconds,
        ["rang"] = ring.Rang,
        ["verified"] = ring.Verified,
        ["reportedWhileRinging"] = ring.WhileRinging,
        ["atRisk"] = ring.AtRisk,
        ["mayWin"] = ring.MayWin,
        ["answered"] = ring.Answered,
        ["answeredLater"] = ring.AnsweredLater,
        ["secondsToReport"] = new JsonObject(((string Name, bool Typed)[])[("read", false), ("typed", true)] is var sources
            ? sources.Select(source => KeyValuePair.Create(source.Name, (JsonNode?)new JsonObject(((int[])[50, 90, 95, 99])
                .Select(percent => KeyValuePair.Create($"p{percent}", (JsonNode?)ring.Delay(source.Typed, percent))))))
            : []),
    };

    private static string? Text(JsonObject row, string name) => row[name]?.ToString();

    private static string Share(long part, long whole) =>
        whole == 0 ? "" : ((double)part / whole).ToString("0.00 %", CultureInfo.InvariantCulture);

    private static string Money(long micros, string currency) =>
        $"{(micros / 1e6).ToString("N2", CultureInfo.InvariantCulture)} {currency}";

    private static string Seconds(double seconds) => seconds.ToString("0.0 s", CultureInfo.InvariantCulture);
}
