using System.Text.Json;
using System.Text.Json.Serialization;
using FlashCall.Contracts;
using FlashCall.Fraud.Assessments;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;
using FlashCall.Fraud.Versions;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Fraud.Operations;

/// <summary>What a request would be answered now, with all that it follows from: <c>POST /v1/fraud/dry-run</c>. Nothing is counted, and
/// nothing rings.</summary>
internal sealed record DryRun
{
    /// <summary>The number, E.164.</summary>
    public string? To { get; init; }

    /// <summary>What for, snake_case.</summary>
    public string? Purpose { get; init; }

    /// <summary>The application that would ask.</summary>
    public string? Application { get; init; }

    /// <summary>The end user's address.</summary>
    public string? Ip { get; init; }

    /// <summary>The device as the application names it.</summary>
    public string? DeviceId { get; init; }

    /// <summary>The policy that decides, by its number; the active one if it is left out.</summary>
    public int? Policy { get; init; }

    public static async Task<Results<Ok<DryRunView>, ProblemHttpResult>> HandleAsync(
        DryRun request, AssessRisks assessments, PolicyStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var mistakes = new List<(string, string)>();
        var purposes = Enum.GetValues<Purpose>().ToDictionary(
            purpose => JsonNamingPolicy.SnakeCaseLower.ConvertName(purpose.ToString()), StringComparer.Ordinal);
        if (!PhoneNumber.TryParse(request.To, out var number))
            mistakes.Add(("to", "Give a number in E.164, such as +46701234567."));
        if (request.Purpose is null || !purposes.ContainsKey(request.Purpose))
            mistakes.Add(("purpose", $"Give one of: {string.Join(", ", purposes.Keys)}."));
        if (string.IsNullOrWhiteSpace(request.Application))
            mistakes.Add(("application", "Name the application that would ask."));
        if (request.Ip is not null && !System.Net.IPAddress.TryParse(request.Ip, out _))
            mistakes.Add(("ip", "Not an IPv4 or IPv6 address."));
        if (mistakes.Count > 0)
            return Refusals.Invalid(mistakes);
        Policy? policy = null;
        if (request.Policy is { } chosen)
        {
            if (await store.FindAsync(chosen, cancellationToken) is not { } stored)
                return Refusals.NoPolicy(chosen);
            policy = stored.ToPolicy();
        }
        var found = await assessments.TryAsync(new AssessRisk
        {
            VerificationId = Guid.CreateVersion7(),
            ApplicationId = request.Application!,
            To = number!,
            Purpose = purposes[request.Purpose!],
            Client = new ClientContext { Ip = request.Ip, DeviceId = request.DeviceId },
            RequestedAt = time.GetUtcNow(),
        }, policy, cancellationToken);
        return TypedResults.Ok(DryRunView.Of(found.Policy, found.Request, found.Readings, found.Assessment));
    }
}

/// <summary>What a request would be answered, and why.</summary>
internal sealed record DryRunView
{
    /// <summary>What to do.</summary>
    [JsonConverter(typeof(SnakeCase<Verdict>))]
    public required Verdict Verdict { get; init; }

    /// <summary>What it would be with all that is in shadow mode enforced; left out where it is the same.</summary>
    [JsonConverter(typeof(SnakeCase<Verdict>))]
    public Verdict? ShadowVerdict { get; init; }

    /// <summary>0 to 100.</summary>
    public required int Score { get; init; }

    /// <summary>The policy.</summary>
    public required string PolicyVersion { get; init; }

    /// <summary>Where the call would go.</summary>
    public required string Destination { get; init; }

    /// <summary>What kind of line the number is.</summary>
    [JsonConverter(typeof(SnakeCase<LineType>))]
    public required LineType LineType { get; init; }

    /// <summary>Where the address is, if that is known.</summary>
    public string? AddressCountry { get; init; }

    /// <summary>Every rule of the policy, in its order.</summary>
    public required IReadOnlyList<RuleView> Rules { get; init; }

    /// <summary>Blocks and entries of lists that concern the request, standing or not.</summary>
    public required IReadOnlyList<string> Standing { get; init; }

    public static DryRunView Of(Policy policy, RiskRequest request, Readings readings, Assessment assessment) => new()
    {
        Verdict = assessment.Verdict,
        ShadowVerdict = assessment.ShadowVerdict,
        Score = assessment.Score,
        PolicyVersion = policy.Version,
        Destination = request.Destination,
        LineType = request.LineType,
        AddressCountry = request.AddressCountry,
        Rules = [.. policy.Rules.Select(rule => RuleView.Of(rule, policy, request, readings, assessment))],
        Standing =
        [
            .. readings.Blocks.Select(block => $"{block.Subject} blocked until {block.Until:u} for {block.Reason}"),
            .. readings.Entries.Select(entry => $"{entry.Subject} on the {entry.List.ToString().ToLowerInvariant()} list"),
        ],
    };
}

/// <summary>What one rule read and found.</summary>
internal sealed record RuleView
{
    /// <summary>The rule.</summary>
    public required string Rule { get; init; }

    /// <summary>Recorded, not enforced.</summary>
    public required bool Shadow { get; init; }

    /// <summary>What its factors weigh for this purpose, in percent.</summary>
    public required int PurposePercent { get; init; }

    /// <summary>What it found, as in an assessment; empty where it has nothing to say.</summary>
    public required IReadOnlyList<RiskFactor> Factors { get; init; }

    /// <summary>What it read, by subject (masked), measure and window.</summary>
    public required IReadOnlyDictionary<string, long> Read { get; init; }

    public static RuleView Of(
        Rules.IRule rule, Policy policy, RiskRequest request, Readings readings, Assessment assessment)
    {
        var read = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var need in rule.Needs)
        {
            foreach (var subject in need.SubjectsOf(request))
            {
                var lag = need.Window.Lag > TimeSpan.Zero ? $", {need.Window.Lag.TotalSeconds} s ago" : "";
                read[$"{subject} {JsonNamingPolicy.SnakeCaseLower.ConvertName(need.Measure.ToString())} in {need.Window.Text}{lag}"] =
                    readings.Of(subject, need.Measure, need.Window);
            }
        }
        var codes = rule.Judge(request, readings).Select(finding => finding.Code).ToHashSet(StringComparer.Ordinal);
        return new RuleView
        {
            Rule = rule.Name,
            Shadow = policy.Document.Shadow || policy.Document.ShadowRules.Contains(rule.Name),
            PurposePercent = policy.WeightOf(request.Purpose, rule.Name),
            Factors = [.. assessment.Factors.Where(factor => codes.Contains(factor.Code))],
            Read = read,
        };
    }
}
