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

    private static readonly (SubjectKind NewTo, SubjectKind Seen)[] Sources =
        [(SubjectKind.Block, SubjectKind.Number), (SubjectKind.Device, SubjectKind.DeviceWithNumber)];

    /// <summary>The blocks and the device that the number is new to.</summary>
    public static IEnumerable<Subject> NewTo(Policy policy, RiskRequest request, Readings readings)
    {
        foreach (var (newTo, seen) in Sources)
        {
            if (policy.GrainsOf(newTo, Measure.NewNumbers).IsEmpty || WasSeen(request.SubjectsOf(seen), readings))
                continue;
            foreach (var subject in request.SubjectsOf(newTo))
                yield return subject;
        }
    }

    /// <summary>What a rule that counts new numbers of a kind has to have counted beside them.</summary>
    public static Rules.Need SeenBefore(SubjectKind kind) => new(kind, Measure.Requests, Day);

    private static bool WasSeen(Subject[] subjects, Readings readings)
    {
        foreach (var subject in subjects)
        {
            if (readings.Of(subject, Measure.Requests, Day) != 0)
                return true;
        }
        return false;
    }
}
