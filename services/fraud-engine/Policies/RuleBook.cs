using FlashCall.Fraud.Rules;

namespace FlashCall.Fraud.Policies;

/// <summary>All rules, made from a policy's document. A new one joins here and gets its line in docs/fraud.md.</summary>
internal static class RuleBook
{
    /// <summary>What the rules are called.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Of(new PolicyDocument
    {
        Spend = new SpendSettings { CapMicros = 1 },
    }).Select(rule => rule.Name).Distinct()];

    /// <summary>The rules of a document, in the order in which reasons of equal weight are told.</summary>
    public static IReadOnlyList<IRule> Of(PolicyDocument document)
    {
        IEnumerable<IRule?> rules =
        [
            new DestinationAllowList(document.Destinations),
            new BlockList(),
            new RangeList(document.Ranges),
            new LineTypes(document.LineTypes),
            new StandingBlocks(),
            document.Spend is { } spend && (spend.CapMicros is not null || spend.Applications.Count > 0) ? new SpendCap(spend) : null,
            .. document.Velocity.GroupBy(limit => limit.Subject).OrderBy(limits => limits.Key).Select(
                limits => new Velocity(limits.Key, limits)),
            document.WrongReports is { } wrong ? new WrongReports(wrong) : null,
            document.RefusedClients is { } refused ? new RefusedClients(refused, document.Blocks) : null,
            document.Conversion is { } conversion ? new Conversion(conversion, document.Blocks) : null,
            document.AnsweredRate is { } answered ? new AnsweredRate(answered, document.Blocks) : null,
            document.NumberSequence is { } sequence ? new NumberSequence(sequence) : null,
            document.NumberBlock.Length > 0 ? new NumberBlock(document.NumberBlock) : null,
            document.DeviceNumbers.Length > 0 ? new DeviceNumbers(document.DeviceNumbers) : null,
            document.LiveSession is { } live ? new LiveSession(live) : null,
            document.AddressCountry is { } country ? new AddressCountry(country) : null,
        ];
        return [.. rules.OfType<IRule>()];
    }
}
