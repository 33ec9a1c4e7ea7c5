using Xunit;

namespace FlashCall.Chaos.Ledger;

/// <summary>Numbers are found however they are written, and nothing else is taken for one.</summary>
public sealed class ShownNumbersTests
{
    [Theory]
    [InlineData("Calling +46722000001")]
    [InlineData("""{"Message":"Calling \u002B46722000001"}""")]
    [InlineData("INVITE sip:46722000001@127.0.0.1")]
    [InlineData("from 0722000001.")]
    [InlineData("From: <sip:+442079460123@example>")]
    [InlineData("Key (caller_id)=(442079460123) exists")]
    public void A_number_is_found_and_not_told(string line)
    {
        var told = Assert.Single(ShownNumbers.In("dialer-1", ["Ready", line]));

        Assert.StartsWith("dialer-1 wrote a number in line 2: ", told);
        Assert.DoesNotContain("2000001", told);
        Assert.DoesNotContain("9460123", told);
    }

    [Theory]
    [InlineData("Calling +4672•••0001")]
    [InlineData("trace 0af4467220000010722000001abcdef0")]
    [InlineData("session 01990000-0000-7000-8000-0722000001ab")]
    [InlineData("took 46722000001234 ticks")]
    public void What_is_masked_and_what_is_no_number_is_passed_over(string line) => Assert.Empty(ShownNumbers.In("dialer-1", [line]));
}
