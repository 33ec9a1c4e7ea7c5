using System.Globalization;
using System.Runtime.InteropServices;

namespace FlashCall.NumberPool.Numbers;

/// <summary>
/// Parts the numbers of one trunk, length and calling code into cells, level by level. At a level, as many numbers as 10 to its power share
/// a prefix that may be told, where there are as many: from the longest prefixes, which hide four digits, to the calling code, each prefix
/// whose numbers are enough becomes a cell, and what is left over belongs to the next shorter one. So a number belongs to the longest of
/// the cells' prefixes that it begins with. It costs time by runs, and by cells, not by numbers.
/// </summary>
/// <param name="length">Digits of each number.</param>
/// <param name="callingCode">The calling code.</param>
internal sealed class Disclosure(int length, int callingCode)
{
    /// <summary>The lowest level: a hundred numbers.</summary>
    public const int LowestLevel = 2;

    /// <summary>The highest level: a million numbers.</summary>
    public const int HighestLevel = 6;

    /// <summary>Digits at the end that are never told: they are what a person types.</summary>
    public const int HiddenDigits = 4;

    /// <summary>Numbers that always belong to one cell together: those that differ in the hidden digits alone.</summary>
    public const long Block = 10_000;

    private readonly Shortening _blocks = new(Block);

    /// <summary>Adds a run of numbers.</summary>
    /// <param name="numbers">They lie above all that were added before.</param>
    /// <param name="areOff">Whether they are not active.</param>
    public void Add(NumberSpan numbers, bool areOff) => _blocks.Add(new Stretch(numbers.First, numbers.Last, Size: 1, areOff ? 1 : 0));

    /// <summary>The cells of all levels.</summary>
    public IEnumerable<Cell> Cells()
    {
        var blocks = _blocks.Take();
        for (var level = LowestLevel; level <= HighestLevel; level++)
        {
            foreach (var cell in Cells(level, blocks))
                yield return cell;
        }
    }

    private IEnumerable<Cell> Cells(int level, List<Stretch> stretches)
    {
        var enough = NumberSpan.PowerOfTen(level);
        var mostHidden = length - NumberSpan.LengthOf(callingCode);
        for (var hidden = HiddenDigits; stretches.Count > 0; hidden++)
        {
            var isLast = hidden >= mostHidden;
            var shorter = new Shortening(10);
            foreach (var stretch in stretches)
            {
                if (!isLast && stretch.Size < enough)
                {
                    shorter.Add(stretch);
                    continue;
                }
                for (var prefix = stretch.First; prefix <= stretch.Last; prefix++)
                    yield return new Cell(level, string.Create(CultureInfo.InvariantCulture, $"+{prefix}"), stretch.Size, stretch.Off);
            }
            stretches = shorter.Take();
        }
    }

    /// <summary>Consecutive prefixes that have as many numbers each.</summary>
    /// <param name="First">The lowest prefix.</param>
    /// <param name="Last">The highest.</param>
    /// <param name="Size">Numbers of each.</param>
    /// <param name="Off">Of them, those that are not active.</param>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Stretch(long First, long Last, long Size, long Off);

    /// <summary>Gathers stretches in ascending order into those of shorter prefixes.</summary>
    private sealed class Shortening(long factor)
    {
        private readonly List<Stretch> _done = [];
        private Stretch? _open;

        public void Add(Stretch stretch)
        {
            var firstWhole = (stretch.First + factor - 1) / factor;
            var lastWhole = (stretch.Last + 1) / factor - 1;
            if (firstWhole > lastWhole)
            {
                // It fills no shorter prefix, and lies in one or two.
                var border = Math.Min(stretch.Last, (stretch.First / factor + 1) * factor - 1);
                Gather(stretch.First, border, stretch);
                Gather(border + 1, stretch.Last, stretch);
                return;
            }
            Gather(stretch.First, firstWhole * factor - 1, stretch);
            Close();
            Append(new Stretch(firstWhole, lastWhole, stretch.Size * factor, stretch.Off * factor));
            Gather((lastWhole + 1) * factor, stretch.Last, stretch);
        }

        /// <summary>All of them; nothing may be added after it.</summary>
        public List<Stretch> Take()
        {
            Close();
            return _done;
        }

        private void Gather(long first, long last, Stretch each)
        {
            if (first > last)
                return;
            var prefix = first / factor;
            if (_open?.First != prefix)
                Close();
            var (size, off) = _open is { } open ? (open.Size, open.Off) : (0, 0);
            var count = last - first + 1;
            _open = new Stretch(prefix, prefix, size + count * each.Size, off + count * each.Off);
        }

        private void Close()
        {
            if (_open is { } open)
                Append(open);
            _open = null;
        }

        private void Append(Stretch stretch)
        {
            if (_done.Count > 0 && _done[^1] is var last && last.Last + 1 == stretch.First
                && (last.Size, last.Off) == (stretch.Size, stretch.Off))
            {
                _done[^1] = last with { Last = stretch.Last };
            }
            else
            {
                _done.Add(stretch);
            }
        }
    }
}

/// <summary>Numbers that share a prefix that may be told.</summary>
/// <param name="Level">10 to this power are wanted in it, 2 to 6.</param>
/// <param name="Prefix">With its plus sign: <c>+44207946</c>.</param>
/// <param name="Size">The numbers that belong to it, in any state.</param>
/// <param name="Off">Of them, those that are not active.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Cell(int Level, string Prefix, long Size, long Off);
