using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;

namespace FlashCall.Fraud.Rules;

/// <summary>Many different numbers of one block of 100 or 1000: a range is walked through, or SIMs were bought in a row. The weight grows
/// from 50 at the limit to 100 at twice the limit.</summary>
/// <param name="limits">How many are usual.</param>
internal sealed class NumberBlock(IReadOnlyList<NumberBlockLimit> limits) : IRule
{
    private const int WeightAtLimit = 50;

    /// <inheritdoc/>
    public string Name => "number_block";

    /// <inheritdoc/>
    public IReadOnlyList<Need> Needs =>
    [
        Novelty.SeenBefore(SubjectKind.Number),
        .. limits.Select(limit => new Need(SubjectKind.Block, Measure.NewNumbers, WindowOf(limit))),
    ];

    /// <inheritdoc/>
    public IEnumerable<Finding> Judge(RiskRequest request, Readings readings) => limits
        .Select(limit => (Limit: limit, Count: readings.Of(BlockOf(request, limit.Digits), Measure.NewNumbers, WindowOf(limit))))
        .Where(found => found.Count >= found.Limit.Limit)
        .OrderByDescending(found => found.Count / found.Limit.Limit)
        .Take(1)
        .Select(found => new Finding("number_block", (int)Math.Min(Finding.Decisive, WeightAtLimit * found.Count / found.Limit.Limit),
            $"{found.Count} numbers that differ in their last {found.Limit.Digits} digits alone were asked for within "
            + $"{WindowOf(found.Limit).Text}.")
        {
            Evidence =
            [
                ("numbers", Figures.Text(found.Count)), ("limit", Figures.Text(found.Limit.Limit)),
                ("digits", Figures.Text(found.Limit.Digits)), ("window_seconds", Figures.Text(found.Limit.WindowSeconds)),
            ],
        });

    private static Subject BlockOf(RiskRequest request, int digits)
    {
        foreach (var block in request.SubjectsOf(SubjectKind.Block))
        {
            if (block.Key.Length == request.Number.Length - digits)
                return block;
        }
        throw new ArgumentOutOfRangeException(nameof(digits), digits, "Blocks leave out the last 2 or 3 digits.");
    }

    private static Window WindowOf(NumberBlockLimit limit) => new(TimeSpan.FromSeconds(limit.WindowSeconds));
}

/// <summary>One device asks for many different numbers: a SIM farm, or a script. The weight grows from 50 at the limit to 100 at twice the
/// limit.</summary>
/// <param name="limits">How many are usual.</param>
internal sealed class DeviceNumbers(IReadOnlyList<DeviceLimit> limits) : IRule
{
    private const int WeightAtLimit = 50;

    /// <inheritdoc/>
    public string Name => "device_numbers";

    /// <inheritdoc/>
    public IReadOnlyList<Need> Needs =>
    [
        Novelty.SeenBefore(SubjectKind.DeviceWithNumber),
        .. limits.Select(limit => new Need(SubjectKind.Device, Measure.NewNumbers, WindowOf(limit))),
    ];

    /// <inheritdoc/>
    public IEnumerable<Finding> Judge(RiskRequest request, Readings readings) => request.SubjectsOf(SubjectKind.Device)
        .SelectMany(device => limits.Select(limit => (Limit: limit, Count: readings.Of(device, Measure.NewNumbers, WindowOf(limit)))))
        .Where(found => found.Count >= found.Limit.Limit)
        .OrderByDescending(found => found.Count / found.Limit.Limit)
        .Take(1)
        .Select(found => new Finding("device_numbers", (int)Math.Min(Finding.Decisive, WeightAtLimit * found.Count / found.Limit.Limit),
            $"The client's device asked for {found.Count} different numbers within {WindowOf(found.Limit).Text}.")
        {
            Evidence =
            [
                ("numbers", Figures.Text(found.Count)), ("limit", Figures.Text(found.Limit.Limit)),
                ("window_seconds", Figures.Text(found.Limit.WindowSeconds)),
            ],
        });

    private static Window WindowOf(DeviceLimit limit) => new(TimeSpan.FromSeconds(limit.WindowSeconds));
}
