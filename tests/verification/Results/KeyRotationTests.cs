using FlashCall.Verification.Results;
using Xunit;

namespace FlashCall.Verification.Tests.Results;

public sealed class KeyRotationTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly KeyRotation Rotation = new(TimeSpan.FromDays(30), TimeSpan.FromDays(1));

    [Fact]
    public void The_first_key_signs_at_once() => Assert.Equal(Start, Rotation.NextSignsFrom([], Start));

    [Fact]
    public void No_key_is_made_before_it_has_to_be_published()
    {
        ResultKeyTerm[] terms = [Term(1, Start)];

        Assert.Null(Rotation.NextSignsFrom(terms, Start));
        Assert.Null(Rotation.NextSignsFrom(terms, Start.AddDays(29) - KeyRotation.Slack - TimeSpan.FromTicks(1)));
        Assert.Equal(Start.AddDays(30), Rotation.NextSignsFrom(terms, Start.AddDays(29) - KeyRotation.Slack));
    }

    [Fact]
    public void A_key_that_is_made_late_is_published_as_long_before_it_signs()
    {
        var now = Start.AddDays(100);

        Assert.Equal(now.AddDays(1) + KeyRotation.Slack, Rotation.NextSignsFrom([Term(1, Start)], now));
    }

    [Fact]
    public void While_the_next_key_is_published_and_does_not_sign_yet_no_other_is_made() =>
        Assert.Null(Rotation.NextSignsFrom([Term(1, Start), Term(2, Start.AddDays(30))], Start.AddDays(29.5)));

    [Fact]
    public void A_key_signs_until_the_next_one_does()
    {
        ResultKeyTerm[] terms = [Term(1, Start), Term(2, Start.AddDays(30))];

        Assert.Equal(1, KeyRotation.Signer(terms, Start.AddDays(30).AddTicks(-1))?.Generation);
        Assert.Equal(2, KeyRotation.Signer(terms, Start.AddDays(30))?.Generation);
        Assert.Null(KeyRotation.Signer([], Start));
    }

    [Fact]
    public void The_first_key_signs_also_by_a_clock_that_is_behind_that_of_its_maker() =>
        Assert.Equal(1, KeyRotation.Signer([Term(1, Start)], Start.AddSeconds(-3))?.Generation);

    [Fact]
    public void A_key_is_over_when_the_longest_token_of_its_last_moment_has_expired()
    {
        ResultKeyTerm[] terms = [Term(1, Start), Term(2, Start.AddDays(30)), Term(3, Start.AddDays(60))];
        var lastExpires = Start.AddDays(30) + ResultSettings.LongestTokenLifetime;

        Assert.Empty(KeyRotation.Over(terms, lastExpires));
        Assert.Equal([1], KeyRotation.Over(terms, lastExpires + KeyRotation.Slack + TimeSpan.FromTicks(1)).Select(term => term.Generation));
        Assert.Equal([1, 2], KeyRotation.Over(terms, Start.AddDays(365)).Select(term => term.Generation));
    }

    private static ResultKeyTerm Term(int generation, DateTimeOffset signsFrom) => new(generation, $"key-{generation}", signsFrom);
}
