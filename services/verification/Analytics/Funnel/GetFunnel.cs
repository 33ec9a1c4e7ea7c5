using System.Collections.Immutable;
using System.Globalization;
using System.Security.Claims;
using FlashCall.Funnel;
using FlashCall.Hosting;
using FlashCall.Verification.Verifications;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Verification.Analytics.Funnel;

/// <summary>How far sessions came, by what is asked for, and held against another span: <c>GET /v1/analytics/funnel</c>.</summary>
internal static class GetFunnel
{
    /// <summary>What operators may ask by and others may not: carriers are theirs to know.</summary>
    private const string Trunk = "trunk";

    private const string OperationsScope = "operations";
    private const int LongestDays = 3700;

    private static readonly string[] Filters = ["application", "purpose", "country", "prefix", Trunk];
    private static readonly string[] Names = ["from", "to", "compareFrom", "compareTo", "groupBy", .. Filters];

    public static async Task<Results<Ok<FunnelView>, ProblemHttpResult>> HandleAsync(
        HttpRequest http, ClaimsPrincipal caller, FunnelFigures figures, CancellationToken cancellationToken)
    {
        var seesAll = caller.HasScope(OperationsScope);
        var (read, problem) = Read(http.Query, caller.ApplicationId(), seesAll);
        if (read is not { } question)
            return problem!;
        var spans = question.Before is { } other ? (FunnelSpan[])[question.Span, other] : [question.Span];
        if (await figures.ReadAsync(question, spans, cancellationToken) is not { } reading)
        {
            return Problems.Problem(422, "too_many_rows", "Too many rows",
                $"The answer would have more than {FunnelFigures.MostRows} rows. Ask for a shorter span, or group by less.");
        }
        return TypedResults.Ok(new FunnelView
        {
            From = question.Span.From,
            To = question.Span.To,
            CompareFrom = question.Before?.From,
            CompareTo = question.Before?.To,
            GroupBy = question.GroupBy,
            Behind = reading.Behind,
            MovedAt = reading.MovedAt,
            RelativeError = Math.Round(TimeBuckets.RelativeError, 4),
            Rows = FunnelRows.Of(question, reading, withCosts: seesAll),
        });
    }

    private static (FunnelQuestion? Question, ProblemHttpResult? Problem) Read(IQueryCollection query, string application, bool seesAll)
    {
        var mistakes = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var name in query.Keys.Where(name => !Names.Contains(name, StringComparer.Ordinal)))
            mistakes[name] = [$"There is no such parameter. Known are: {string.Join(", ", Names)}."];
        var (from, to) = (Hour("from"), Hour("to"));
        var comparesAny = query.ContainsKey("compareFrom") || query.ContainsKey("compareTo");
        var (compareFrom, compareTo) = comparesAny ? (Hour("compareFrom"), Hour("compareTo")) : (default, default);
        Order(from, "to", to);
        if (comparesAny)
            Order(compareFrom, "compareTo", compareTo);

        var groups = Several("groupBy");
        if (groups.Exists(group => !FunnelQuestion.Groups.Contains(group, StringComparer.Ordinal)))
            mistakes["groupBy"] = [$"Expected some of: {string.Join(", ", FunnelQuestion.Groups)}."];
        var only = Filters.Select(filter => (filter, Values: Several(filter))).Where(static one => one.Values.Count > 0)
            .ToImmutableSortedDictionary(static one => one.filter, static one => one.Values.ToArray(), StringComparer.Ordinal);
        if (only.TryGetValue("purpose", out var purposes) && Array.Exists(purposes, static one => PurposeName.Read(one) is null))
            mistakes["purpose"] = [$"Expected some of: {PurposeName.All}."];
        if (mistakes.Count > 0)
        {
            return (null, Problems.Problem(422, "validation_failed", "The request is not valid",
                string.Join(" ", mistakes.Select(static field => $"{field.Key}: {field.Value[0]}")), mistakes));
        }
        if (!seesAll)
        {
            if (groups.Contains(Trunk, StringComparer.Ordinal) || only.ContainsKey(Trunk)
                || only.TryGetValue("application", out var asked) && Array.Exists(asked, one => one != application))
            {
                return (null, Problems.Problem(403, "forbidden", "Not allowed",
                    $"Trunks and other applications need the scope {OperationsScope}. Leave 'trunk' and 'application' out, or use a key that "
                    + "has it."));
            }
            only = only.SetItem("application", [application]);
        }
        return (new FunnelQuestion
        {
            Span = new FunnelSpan(from!.Value, to!.Value),
            Before = comparesAny ? new FunnelSpan(compareFrom!.Value, compareTo!.Value) : null,
            GroupBy = [.. FunnelQuestion.Groups.Where(group => groups.Contains(group, StringComparer.Ordinal))],
            Only = only,
        }, null);

        List<string> Several(string name)
        {
            const int Most = 100;
            var values = query[name].OfType<string>()
                .SelectMany(static text => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                // Left as it is in an address, the plus sign of a prefix or of a country arrives as a space.
                .Select(text => name is "prefix" or "country" && char.IsAsciiDigit(text[0]) ? $"+{text}" : text)
                .Distinct(StringComparer.Ordinal).ToList();
            if (values.Count > Most)
                mistakes[name] = [$"At most {Most} values."];
            return values;
        }

        DateTimeOffset? Hour(string name)
        {
            var time = query[name] is [{ Length: > 0 } text] ? ListVerifications.Time(text) : null;
            if (time is { } hour && hour.UtcTicks % TimeSpan.TicksPerHour == 0)
                return hour;
            mistakes[name] = ["Give a whole hour with its offset (RFC 3339), such as 2026-11-23T09:00:00Z, once."];
            return null;
        }

        void Order(DateTimeOffset? first, string name, DateTimeOffset? last)
        {
            if (first is { } one && last is { } other && (other <= one || other - one > TimeSpan.FromDays(LongestDays)))
                mistakes[name] = [string.Create(CultureInfo.InvariantCulture, $"Give a later hour, {LongestDays} days at most.")];
        }
    }
}
