using Xunit;

namespace FlashCall.Chaos;

public sealed class ChaosOptionsTests
{
    [Fact]
    public void Options_are_read()
    {
        Assert.True(ChaosOptions.TryRead(["--minutes", "0.5", "--seed", "42", "--rate", "7.5"], out var options, out _));

        Assert.Equal((TimeSpan.FromSeconds(30), 42, 7.5), (options.Length, options.Seed, options.Rate));
    }

    [Theory]
    [InlineData("--minutes")]
    [InlineData("--minutes", "0")]
    [InlineData("--minutes", "many")]
    [InlineData("--seed", "-1")]
    [InlineData("--seed", "1.5")]
    [InlineData("--rate", "0")]
    [InlineData("--rat", "1")]
    [InlineData("--minutes", "1000", "--rate", "100")]
    public async Task What_is_wrong_is_said_and_the_exit_code_is_2(params string[] args)
    {
        Assert.False(ChaosOptions.TryRead(args, out _, out var mistake));
        Assert.Contains("--", mistake, StringComparison.Ordinal);
        Assert.Equal(2, await EntryPoint.Main(["ledger", .. args]));
    }
}
