using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Policies;

namespace FlashCall.Fraud.Rules;

/// <summary>
/// Whether a share of counts differs from what is usual by more than chance: Wilson's score interval for a binomial share, one-sided
/// (E. B. Wilson, 1927). It is right for few trials and shares near 0 or 1, and needs sums and one square root alone, so that it gives
/// the same
/// bit for bit everywhere.
/// </summary>
internal static class Shares
{
    /// <summary>A baseline is one of weeks and leaves the present hours out, so that an attack does not become its own baseline.</summary>
    public static readonly Window Baseline = new(TimeSpan.FromDays(14), TimeSpan.FromSeconds(1));

    /// <summary>What was just blocked for an anomaly has little credit: one deviation is enough.</summary>
    private const double ProbationDeviations = 1;

    /// <summary>The usual share counts like this many trials until more have been seen.</summary>
    private const double PriorTrials = 100;

    /// <summary>The highest share that the counts still speak for.</summary>
    /// <param name="hits">0 to <paramref name="trials"/>.</param>
    /// <param name="trials">More than 0.</param>
    /// <param name="deviations">How sure.</param>
    public static double Upper(long hits, long trials, double deviations) => Bound(hits, trials, deviations, 1);

    /// <summary>The lowest share that the counts still speak for.</summary>
    /// <param name="hits">0 to <paramref name="trials"/>.</param>
    /// <param name="trials">More than 0.</param>
    /// <param name="deviations">How sure.</param>
    public static double Lower(long hits, long trials, double deviations) => Bound(hits, trials, deviations, -1);

    /// <summary>What is usual: what was seen, and the policy's figure as long as that is little.</summary>
    public static double Usual(long hits, long trials, int percent) =>
        (Math.Clamp(hits, 0, Math.Max(0, trials)) + (PriorTrials * percent / 100)) / (Math.Max(0, trials) + PriorTrials);

    /// <summary>Which windows may judge a subject, how sure they have to be and of how many trials: what came before the last block
    /// counts no
    /// more, except in the shortest window, so that a subject is judged by what it did since.</summary>
    public static Standard StandardOf(
        BlockSettings settings, Readings readings, Subject subject, IReadOnlyList<Window> windows, double deviations, int least)
    {
        var last = readings.BlockOf(subject);
        if (last is null || readings.At - last.Until >= TimeSpan.FromSeconds(settings.MemorySeconds))
            return new Standard(windows, deviations, least, OnProbation: false);
        var free = readings.At - last.Until;
        return new Standard(
            [.. windows.Where((window, i) => i == 0 || window.Length + window.Lag <= free)],
            Math.Min(ProbationDeviations, deviations), Math.Min(settings.ProbationRequests, least), OnProbation: true);
    }

    private static double Bound(long hits, long trials, double deviations, int sign)
    {
        var share = (double)hits / trials;
        var square = deviations * deviations;
        var centre = share + (square / (2 * trials));
        var half = deviations * Math.Sqrt((share * (1 - share) / trials) + (square / (4.0 * trials * trials)));
        return (centre + (sign * half)) / (1 + (square / trials));
    }
}

/// <summary>By what a subject is judged.</summary>
/// <param name="Windows">By these windows, shortest first.</param>
/// <param name="Deviations">How sure.</param>
/// <param name="Least">On so many trials at least.</param>
/// <param name="OnProbation">Whether it was blocked not long ago.</param>
internal readonly record struct Standard(IReadOnlyList<Window> Windows, double Deviations, int Least, bool OnProbation);
