using CsCheck;
using FlashCall.EventLog;
using Xunit;

namespace FlashCall.Verification.Tests.EventLog;

/// <summary>How far the log is settled, against a model of a database whose transactions take numbers, and end, in any order.</summary>
public sealed class SettledPointTests
{
    private static readonly HashSet<string> Nobody = [];

    [Fact]
    public void A_quiet_log_is_settled_as_far_as_it_goes()
    {
        var point = new SettledPoint();
        point.See(7, Nobody);
        Assert.Equal(7, point.Sequence);
        point.See(9, Nobody);
        Assert.Equal(9, point.Sequence);
    }

    [Fact]
    public void Whoever_wrote_when_a_number_was_seen_is_waited_for_and_nobody_who_came_later()
    {
        var point = new SettledPoint();
        point.See(7, new HashSet<string> { "3/1" });
        Assert.Equal(0, point.Sequence);
        point.See(9, new HashSet<string> { "3/1", "4/8" });
        Assert.Equal(0, point.Sequence);
        point.See(12, new HashSet<string> { "4/8", "5/2" });
        Assert.Equal(7, point.Sequence);
        point.See(12, new HashSet<string> { "5/3" });
        Assert.Equal(12, point.Sequence);
    }

    [Fact]
    public void Whoever_is_prepared_for_a_commit_in_two_phases_is_waited_for()
    {
        var point = new SettledPoint();
        point.See(7, new HashSet<string> { "3/1" });
        point.See(7, new HashSet<string> { "-1/812" });
        Assert.Equal(0, point.Sequence);
        point.See(7, Nobody);
        Assert.Equal(7, point.Sequence);
    }

    /// <summary>Nothing that shows later is below what was called settled, and once all is quiet all is settled.</summary>
    [Fact]
    public void Nothing_shows_below_the_settled_point_whatever_the_order_of_things() =>
        Gen.Int[0, 999].Array[0, 400].Sample(choices =>
        {
            var database = new Database();
            var point = new SettledPoint();
            long highest = 0;
            foreach (var choice in choices)
            {
                database.Step(choice);
                // The two halves of a look are apart, and things happen between them.
                if (choice % 5 == 0)
                    highest = database.Highest;
                if (choice % 5 == 3)
                {
                    var (seen, before) = (highest, point.Sequence);
                    point.See(seen, database.Writers);
                    Assert.True(point.Sequence >= before);
                    database.Settle(point.Sequence);
                }
            }
            database.EndAll();
            point.See(database.Highest, database.Writers);
            point.See(database.Highest, database.Writers);
            Assert.Equal(database.Highest, point.Sequence);
        }, iter: 3_000);

    /// <summary>Transactions that take numbers of one sequence and make their events visible when they commit.</summary>
    private sealed class Database
    {
        private readonly List<(string Name, List<long> Numbers)> _running = [];
        private readonly HashSet<long> _visible = [];
        private long _next = 1;
        private int _names;
        private long _settled;

        public long Highest => _visible.Count == 0 ? 0 : _visible.Max();

        /// <summary>Those that hold the sequence: who has taken a number.</summary>
        public IReadOnlySet<string> Writers =>
            _running.Where(one => one.Numbers.Count > 0).Select(one => one.Name).ToHashSet(StringComparer.Ordinal);

        public void Step(int choice)
        {
            var which = choice / 10 % Math.Max(1, _running.Count);
            switch (choice % 10)
            {
                case 0 or 1:
                    _running.Add(($"{choice % 7}/{++_names}", []));
                    break;
                case 2 or 3 or 4 or 5 when _running.Count > 0:
                    _running[which].Numbers.Add(_next++);
                    break;
                case 6 or 7 when _running.Count > 0:
                    Commit(which);
                    break;
                case 8 when _running.Count > 0:
                    _running.RemoveAt(which);
                    break;
                case 9 when _running.Count > 0:
                    _running[which] = ($"-1/{++_names}", _running[which].Numbers);
                    break;
            }
        }

        public void EndAll()
        {
            while (_running.Count > 0)
                Commit(0);
        }

        public void Settle(long settled) => _settled = settled;

        private void Commit(int which)
        {
            foreach (var number in _running[which].Numbers)
            {
                Assert.True(number > _settled, $"{number} shows, and {_settled} was settled.");
                _visible.Add(number);
            }
            _running.RemoveAt(which);
        }
    }
}
