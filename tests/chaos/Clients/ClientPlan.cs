namespace FlashCall.Chaos.Clients;

/// <summary>What a client does with its session.</summary>
internal enum ClientHabit
{
    /// <summary>Reports the number that the phone showed.</summary>
    Right,

    /// <summary>Reports another one first.</summary>
    WrongThenRight,

    /// <summary>Reports others until it may not any more.</summary>
    Wrong,

    /// <summary>Reports when the session is over.</summary>
    Late,

    /// <summary>Never reports.</summary>
    Never,

    /// <summary>Cancels.</summary>
    Cancel,
}

/// <summary>A client of the run. Pure.</summary>
/// <param name="Number">Which one, from 0.</param>
/// <param name="Habit">What it does.</param>
/// <param name="Phone">What its phone does.</param>
/// <param name="Hesitation">How long it takes to act.</param>
internal sealed record ClientPlan(int Number, ClientHabit Habit, PhoneHabit Phone, TimeSpan Hesitation)
{
    private static readonly ClientHabit[] Habits =
    [
        .. Enumerable.Repeat(ClientHabit.Right, 12), .. Enumerable.Repeat(ClientHabit.WrongThenRight, 2), ClientHabit.Wrong,
        ClientHabit.Late, .. Enumerable.Repeat(ClientHabit.Never, 2), .. Enumerable.Repeat(ClientHabit.Cancel, 2),
    ];

    /// <summary>Whether client and phone do what it takes to be verified.</summary>
    public bool IsWilling =>
        Habit is ClientHabit.Right or ClientHabit.WrongThenRight && Phone is PhoneHabit.Ring or PhoneHabit.LateRing;

    /// <summary>Clients without end.</summary>
    /// <param name="seed">The same seed, the same clients.</param>
    public static IEnumerable<ClientPlan> Of(int seed)
    {
        // Another sequence than that of the faults, which has the same seed.
        var random = new Random(seed ^ 0x5EED);
        for (var number = 0; ; number++)
        {
            yield return new ClientPlan(
                number, Habits[random.Next(Habits.Length)], Phones.Draw(random), TimeSpan.FromMilliseconds(random.Next(20, 1500)));
        }
    }
}
