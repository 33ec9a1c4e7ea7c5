using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Policies;

namespace FlashCall.Fraud.Engine;

/// <summary>
/// Counts different numbers without keeping sets of them: a number adds to its block or device when it was not asked for within the last
/// day,
/// so that how many different ones there were is a sum like every other. A number that is asked for again and again for more than a day is
/// missing from the later windows, which only makes an honest device look more honest.
/// </summary>
internal static class Novelty
{
    private static readonly Window Day = new(TimeSpan.FromDays(1));

    /// <summary>The blocks and the device that the number is new to.</summary>
    public static IEnumerable<Subject> NewTo(Policy policy, RiskRequest request, Readings readings) =>
        Sources(policy)
            .Where(source => request.SubjectsOf(source.Seen).All(subject => readings.Of(subject, Measure.Requests, Day) == 0))
            .SelectMany(source => request.SubjectsOf(source.NewTo));

    /// <summary>What a rule that counts new numbers of a kind has to have counted beside them.</summary>
    public static Rules.Need SeenBefore(SubjectKind kind) => new(kind, Measure.Requests, Day);

    private static IEnumerable<(SubjectKind NewTo, SubjectKind Seen)> Sources(Policy policy)
    {
        if (policy.GrainsOf(SubjectKind.Block, Measure.NewNumbers).Count > 0)
            yield return (SubjectKind.Block, SubjectKind.Number);
        if (policy.GrainsOf(SubjectKind.Device, Measure.NewNumbers).Count > 0)
            yield return (SubjectKind.Device, SubjectKind.DeviceWithNumber);
    }
}
