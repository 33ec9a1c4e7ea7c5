using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;

namespace FlashCall.Fraud.Rules;

/// <summary>What operators have put on the block list. It holds even for what is on the safe list, too.</summary>
internal sealed class BlockList : IRule
{
    /// <inheritdoc/>
    public string Name => "block_list";

    /// <inheritdoc/>
    public IReadOnlyList<Need> Needs => [];

    /// <inheritdoc/>
    public IEnumerable<Finding> Judge(RiskRequest request, Readings readings) => readings.Entries.Count == 0 ? [] : readings.Entries
        .Where(entry => entry.List is ListKind.Block && entry.HoldsAt(readings.At))
        .OrderBy(entry => entry.Subject.Kind)
        .Take(1)
        .Select(entry => new Finding("block_listed", Finding.Decisive, $"The {Named(entry.Subject)} is on the block list.")
        {
            HoldsForAll = true,
            Evidence = [("of", Named(entry.Subject))],
        });

    private static string Named(Subject subject) => subject.Kind.ToString().ToLowerInvariant();
}

/// <summary>A block that an anomaly raised stands.</summary>
internal sealed class StandingBlocks : IRule
{
    /// <inheritdoc/>
    public string Name => "blocks";

    /// <inheritdoc/>
    public IReadOnlyList<Need> Needs => [];

    /// <inheritdoc/>
    public IEnumerable<Finding> Judge(RiskRequest request, Readings readings) => readings.Blocks.Count == 0 ? [] : readings.Blocks
        .Where(block => block.StandsAt(readings.At))
        .OrderByDescending(block => block.Until)
        .ThenBy(block => block.Subject.Kind)
        .Take(1)
        .Select(block => new Finding("blocked", Finding.Decisive,
            $"Requests of this {block.Subject.Kind.ToString().ToLowerInvariant()} are blocked for a while. Ask again later.")
        {
            Evidence =
            [
                ("of", block.Subject.Kind.ToString().ToLowerInvariant()), ("reason", block.Reason), ("level", Figures.Text(block.Level)),
                ("until", block.Until.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture)),
                .. block.Subject.Kind is SubjectKind.Prefix ? [("prefix", block.Subject.Key)] : ((string, string)[])[],
            ],
        });
}
