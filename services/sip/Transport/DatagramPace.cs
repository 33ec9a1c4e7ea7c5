using System.Diagnostics;

namespace FlashCall.Sip;

/// <summary>Lets datagrams come together where many arrive, as network cards do with their interrupts: being woken for each costs as much
/// as taking it, on both sides of a loopback. Where few arrive, each is taken at once. For one thread.</summary>
internal sealed class DatagramPace
{
    // 16,000 a second, which is 4,000 calls.
    private const int Many = 16;

    private static readonly long Window = Stopwatch.Frequency / 1000;

    private long _began;
    private int _count;

    /// <summary>Datagrams were taken.</summary>
    /// <param name="count">How many.</param>
    /// <returns>Whether to rest for a millisecond before the next are taken.</returns>
    public bool Take(int count) => Take(count, Stopwatch.GetTimestamp());

    internal bool Take(int count, long now)
    {
        _count += count;
        var passed = now - _began;
        if (_count < Many && passed < Window)
            return false;
        // Who was kept from running has what came meanwhile to take first.
        var rests = _count >= Many && passed < 2 * Window;
        (_count, _began) = (0, now);
        return rests;
    }
}
