using CsCheck;
using FlashCall.NumberPool.Numbers;
using Xunit;

namespace FlashCall.NumberPool.Tests.Numbers;

public sealed class NumberSpanTests
{
    private static readonly Gen<NumberSpan> Small =
        Gen.Select(Gen.Int[0, 60], Gen.Int[0, 12], (first, more) => new NumberSpan(4_420_000 + first, 4_420_000 + first + more));

    [Theory]
    [InlineData("+442079460123", 442079460123, 442079460123)]
    [InlineData("+44207946xxxx", 442079460000, 442079469999)]
    [InlineData("+4420794600XX", 442079460000, 442079460099)]
    [InlineData("+442079460000-+442079460499", 442079460000, 442079460499)]
    [InlineData("+442079460000-+442079460000", 442079460000, 442079460000)]
    [InlineData("+2908999", 2908999, 2908999)]
    [InlineData("+123456789012345", 123456789012345, 123456789012345)]
    [InlineData("+44xxxxxxxxx", 44000000000, 44999999999)]
    public void A_span_is_read(string text, long first, long last)
    {
        Assert.True(NumberSpan.TryParse(text, out var span, out var problem), problem);
        Assert.Equal((first, last), (span.First, span.Last));
    }

    [Theory]
    [InlineData("", "is missing")]
    [InlineData("442079460123", "is no number")]
    [InlineData("+44 20 7946 0123", "is no number")]
    [InlineData("+44207946xx12", "is no number")]
    [InlineData("+4.4207946E+11", "is no number")]
    [InlineData("+٤٤٢٠٧٩٤٦٠١٢٣", "is no number")]
    [InlineData("+290899", "7 to 15")]
    [InlineData("+1234567890123456", "has 16 digits")]
    [InlineData("+0207946xxxx", "country code")]
    [InlineData("+xxxxxxx", "country code")]
    [InlineData("+44xxxxxxxxxx", "billion")]
    [InlineData("+4420794600xx-+4420794601xx", "in full")]
    [InlineData("+442079460001-+442079460000", "lower one first")]
    [InlineData("+44207946000-+442079460001", "another length")]
    [InlineData("+441000000000-+442000000000", "billion")]
    [InlineData("+442079460000-", "is missing")]
    [InlineData("+442079460000-+442079460001-+442079460002", "is no number")]
    public void What_is_none_is_refused_without_being_repeated(string text, string said)
    {
        Assert.False(NumberSpan.TryParse(text, out _, out var problem));
        Assert.Contains(said, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("2079460123", problem.Replace(NumberSpan.Form, "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void As_text_it_hides_the_caller_IDs() =>
        Assert.Equal("+4420794••••• (10000)", new NumberSpan(442079460000, 442079469999).ToString());

    [Fact]
    public void A_union_has_each_number_once_and_no_two_spans_that_touch() => Small.Array[0, 12].Sample(spans =>
    {
        var union = NumberSpans.Union(spans);
        Assert.Equal(All(spans).Distinct().Order(), All(union));
        Assert.All(union.Zip(union.Skip(1)), pair => Assert.True(pair.First.Last + 1 < pair.Second.First));
    });

    [Fact]
    public void Spans_of_two_lengths_stay_apart() =>
        Assert.Equal(2, NumberSpans.Union([new(9_999_999, 9_999_999), new(10_000_000, 10_000_000)]).Count);

    [Fact]
    public void What_is_left_of_a_span_is_what_no_other_has() => Gen.Select(Small, Small.Array[0, 8]).Sample((span, others) =>
        Assert.Equal(All([span]).Except(All(others)), All(NumberSpans.Except(span, others))));

    [Fact]
    public void Of_spans_that_share_a_number_the_first_is_taken() => Small.Array[1, 20].Sample(spans =>
    {
        var firstCome = new FirstCome();
        var taken = new Dictionary<long, long>();
        for (var line = 0; line < spans.Length; line++)
        {
            var span = spans[line];
            var others = All([span]).Where(taken.ContainsKey).Select(number => taken[number]).ToHashSet();
            var said = firstCome.Take(span, line);
            if (others.Count > 0)
            {
                Assert.Contains(said!.Value, others);
            }
            else
            {
                Assert.Null(said);
                foreach (var number in All([span]))
                    taken.Add(number, line);
            }
        }
    });

    private static IEnumerable<long> All(IEnumerable<NumberSpan> spans) =>
        spans.SelectMany(span => Enumerable.Range(0, (int)span.Count).Select(i => span.First + i));
}
