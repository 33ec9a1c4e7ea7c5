using FlashCall.NumberPool.Ranges;
using Xunit;

namespace FlashCall.NumberPool.Tests.Ranges;

public sealed class NumberRangeTests
{
    [Theory]
    [InlineData("+44207946xxxx", 442079460000, 442079469999, "+44207946")]
    [InlineData("+4670xxxxxxx", 46700000000, 46709999999, "+4670")]
    [InlineData("+46701234567", 46701234567, 46701234567, "+4670123")]
    [InlineData("+4420794600xx", 442079460000, 442079460099, "+44207946")]
    [InlineData("+447xxxxxxxxx", 447000000000, 447999999999, "+447")]
    public void A_pattern_is_a_block_of_numbers(string pattern, long first, long last, string prefix)
    {
        Assert.True(NumberRange.TryParse(pattern, "trunk", out var range, out _));
        Assert.Equal((first, last, last - first + 1, prefix, "trunk"),
            (range.First, range.Last, range.Size, range.DisclosedPrefix, range.Trunk));
    }

    [Theory]
    [InlineData("+44207946xxxx")]
    [InlineData("+442079460xxx")]
    [InlineData("+442079460001")]
    [InlineData("+1234567")]
    public void The_last_four_digits_are_never_disclosed(string pattern)
    {
        Assert.True(NumberRange.TryParse(pattern, "trunk", out var range, out _));
        Assert.True(range.DisclosedPrefix.Length <= pattern.Length - 4);
        Assert.True(range.FirstMatching <= range.First && range.Last <= range.LastMatching);
    }

    [Theory]
    [InlineData(null, "is missing")]
    [InlineData("", "is missing")]
    [InlineData("44207946xxxx", "plus sign")]
    [InlineData("+44 207946xxxx", "nothing between")]
    [InlineData("+44207xx6xxxx", "an x for each free one")]
    [InlineData("+44207946XXXX", "an x for each free one")]
    [InlineData("+4420794٣xxxx", "plus sign")]
    [InlineData("+4420xx", "6 digits")]
    [InlineData("+442079461234xxxx", "16 digits")]
    [InlineData("+0207946xxxx", "country code")]
    [InlineData("+xxxxxxxx", "country code")]
    [InlineData("+44xxxxxxxxxx", "At most 9")]
    public void What_is_wrong_with_a_pattern_is_said(string? pattern, string said)
    {
        Assert.False(NumberRange.TryParse(pattern, "trunk", out var range, out var problem));
        Assert.Null(range);
        Assert.Contains(said, problem, StringComparison.Ordinal);
    }
}
