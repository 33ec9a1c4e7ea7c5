using Xunit;

namespace FlashCall.Chaos;

public sealed class ChaosOptionsTests
{
    [Fact]
    public void Options_are_read()
    {
        string[] args = ["--minutes", "0.5", "--seed", "42", "--rate", "7.5", "--verified", "60"];
        Assert.True(ChaosOptions.TryRead(args, out var options, out _));

        Assert.Equal((TimeSpan.FromSeconds(30), 42, 7.5, 0.6), (options.Length, options.Seed, options.Rate, options.LeastShare));
    }

    [Theory]
    [InlineData("--minutes")]
    [InlineData("--minutes", "0")]
    [InlineData("--minutes", "many")]
    [InlineData("--seed", "-1")]
    [InlineData("--seed", "1.5")]
    [InlineData("--rate", "0")]
    [InlineData("--rat", "1")]
    [InlineData("--verified", "101")]
    [InlineData("--minutes", "1000", "--rate", "100")]
    public async Task What_is_wrong_is_said_and_the_exit_code_is_2(params string[] args)
    {
        Assert.False(ChaosOptions.TryRead(args, out _, out var mistake));
        Assert.Contains("--", mistake, StringComparison.Ordinal);
        Assert.Equal(2, await EntryPoint.Main(["ledger", .. args]));
    }
}
