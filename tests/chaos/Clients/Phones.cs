using System.Globalization;

namespace FlashCall.Chaos.Clients;

/// <summary>What a phone does when it is called; the digit after <c>+46722</c> of its number says which.</summary>
internal enum PhoneHabit
{
    Ring,
    Answer,
    Busy,
    Reject,
    Silent,
    Unreachable,
    LateRing,
    Announcement,
}

/// <summary>The phones of a run: each has one client, and is called for it alone.</summary>
internal static class Phones
{
    /// <summary>Of a hundred phones.</summary>
    private static readonly (PhoneHabit Habit, int Share)[] Shares =
    [
        (PhoneHabit.Ring, 79), (PhoneHabit.LateRing, 6), (PhoneHabit.Answer, 4), (PhoneHabit.Busy, 4), (PhoneHabit.Reject, 3),
        (PhoneHabit.Unreachable, 2), (PhoneHabit.Silent, 1), (PhoneHabit.Announcement, 1),
    ];

    /// <summary>The handset's settings that make them behave so.</summary>
    public static IEnumerable<string> Settings =>
        Enum.GetValues<PhoneHabit>().SelectMany((habit, i) => (string[])
        [
            $"--Handset:Behaviours:{i}:Pattern=+46722{(int)habit}xxxxx",
            $"--Handset:Behaviours:{i}:Behaviour={(habit == PhoneHabit.LateRing ? "ring" : habit.ToString().ToLowerInvariant())}",
            $"--Handset:Behaviours:{i}:PostDialDelay={(habit == PhoneHabit.LateRing ? "00:00:03" : "00:00:00.05")}",
        ]);

    /// <summary>The number of a client's phone.</summary>
    /// <param name="habit">What it does.</param>
    /// <param name="client">Which client's, 0 to 99,999.</param>
    public static string NumberOf(PhoneHabit habit, int client) =>
        string.Create(CultureInfo.InvariantCulture, $"+46722{(int)habit}{client:00000}");

    /// <summary>A habit, as often as its share says.</summary>
    public static PhoneHabit Draw(Random random)
    {
        var draw = random.Next(Shares.Sum(share => share.Share));
        foreach (var (habit, share) in Shares)
        {
            draw -= share;
            if (draw < 0)
                return habit;
        }
        throw new InvalidOperationException("The draw was above the sum of the shares.");
    }
}
