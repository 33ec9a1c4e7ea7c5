using System.Globalization;
using FlashCall.Contracts;

namespace FlashCall.NumberPool.Ranges;

/// <summary>
/// All numbers a phone may be rung from: the key space of the codes. Ranges are arithmetic, so that counting and choosing take time by
/// the number of ranges and of excluded numbers, never by the number of numbers.
/// </summary>
internal sealed class KeySpace
{
    private readonly NumberRange[] _ranges;

    /// <summary>For each range, how many numbers the ranges before it have.</summary>
    private readonly long[] _before;

    /// <param name="ranges">Ranges of which no two share a number.</param>
    /// <exception cref="ArgumentException">Two ranges share a number, which would then be chosen more often than others.</exception>
    public KeySpace(IEnumerable<NumberRange> ranges)
    {
        _ranges = [.. ranges.OrderBy(range => range.First)];
        _before = new long[_ranges.Length];
        for (var i = 1; i < _ranges.Length; i++)
        {
            if (_ranges[i].First <= _ranges[i - 1].Last)
                throw new ArgumentException($"The ranges {_ranges[i - 1].Pattern} and {_ranges[i].Pattern} overlap.", nameof(ranges));
            _before[i] = _before[i - 1] + _ranges[i - 1].Size;
        }
        Size = _ranges.Sum(range => range.Size);
    }

    /// <summary>How many numbers there are.</summary>
    public long Size { get; }

    /// <summary>Whether the number is one of ours.</summary>
    public bool Contains(long number) => RangeOf(number) >= 0;

    /// <summary>Chooses one of the numbers that are not excluded, each with the same chance.</summary>
    /// <param name="excluded">Numbers not to be chosen; such as are not of the pool, or twice there, do not matter.</param>
    /// <param name="draw">Draws a whole number from 0 up to, not including, its argument; the chance of each is the chance of a
    /// choice.</param>
    /// <returns>The choice, or null when all numbers are excluded.</returns>
    public Choice? Choose(IEnumerable<long> excluded, Func<long, long> draw)
    {
        var taken = excluded.Where(Contains).Distinct().Order().ToArray();
        var eligible = Size - taken.Length;
        if (eligible == 0)
            return null;

        // The n-th of the eligible numbers: each excluded one at or below the place moves it up by one.
        var place = draw(eligible);
        foreach (var number in taken)
        {
            if (PlaceOf(number) > place)
                break;
            place++;
        }
        var (chosen, range) = At(place);
        var matching = CountUpTo(range.LastMatching) - CountUpTo(range.FirstMatching - 1)
            - taken.Count(number => number >= range.FirstMatching && number <= range.LastMatching);
        return new Choice(CallerId.Parse(string.Create(CultureInfo.InvariantCulture, $"+{chosen}")), range.Trunk, range.DisclosedPrefix,
            matching);
    }

    private (long Number, NumberRange Range) At(long place)
    {
        var index = Array.BinarySearch(_before, place);
        if (index < 0)
            index = ~index - 1;
        return (_ranges[index].First + place - _before[index], _ranges[index]);
    }

    private long PlaceOf(long number)
    {
        var index = RangeOf(number);
        return _before[index] + number - _ranges[index].First;
    }

    /// <summary>How many numbers of the pool are at most this one.</summary>
    private long CountUpTo(long number)
    {
        var index = LastBeginningUpTo(number);
        return index < 0 ? 0 : _before[index] + Math.Min(number - _ranges[index].First + 1, _ranges[index].Size);
    }

    private int RangeOf(long number)
    {
        var index = LastBeginningUpTo(number);
        return index >= 0 && number <= _ranges[index].Last ? index : -1;
    }

    private int LastBeginningUpTo(long number)
    {
        var (low, high) = (0, _ranges.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (_ranges[middle].First <= number)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return high;
    }
}

/// <summary>A number that was chosen, and what may be told of it.</summary>
/// <param name="CallerId">The number.</param>
/// <param name="Trunk">The trunk that may present it.</param>
/// <param name="DisclosedPrefix">What may be told before it has rung.</param>
/// <param name="Candidates">How many numbers could have been chosen and begin with that prefix, this one included.</param>
internal sealed record Choice(CallerId CallerId, string Trunk, string DisclosedPrefix, long Candidates);
