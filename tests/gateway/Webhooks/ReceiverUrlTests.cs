using FlashCall.Gateway.Webhooks;
using FlashCall.Gateway.Webhooks.Receivers;

namespace FlashCall.Gateway.Tests.Webhooks;

public sealed class ReceiverUrlTests
{
    [Theory]
    [InlineData("https://shop.example/hooks?tenant=5")]
    [InlineData("https://shop.example:8443/")]
    [InlineData("https://9.9.9.9/hooks")]
    [InlineData("https://[2620:fe::fe]/hooks")]
    [InlineData("https://bücher.example/")]
    public void These_are_right(string url) => Assert.Null(ReceiverUrl.Mistake(url, new WebhookSettings()));

    [Theory]
    [InlineData(null, "https://")]
    [InlineData("", "https://")]
    [InlineData("/hooks", "https://")]
    [InlineData("shop.example", "https://")]
    [InlineData("http://shop.example/", "https://")]
    [InlineData("ftp://shop.example/", "https://")]
    [InlineData("file:///etc/passwd", "https://")]
    [InlineData("https://user:password@shop.example/", "user name")]
    [InlineData("https://shop.example/#here", "#")]
    [InlineData("https://shop.example:25/", "port")]
    [InlineData("https://127.0.0.1/", "public")]
    [InlineData("https://2130706433/", "public")]
    [InlineData("https://0x7f.1/", "public")]
    [InlineData("https://[::1]/", "public")]
    [InlineData("https://[::ffff:10.0.0.1]/", "public")]
    [InlineData("https://169.254.169.254/latest/meta-data/", "public")]
    public void These_are_not(string? url, string says) =>
        Assert.Contains(says, ReceiverUrl.Mistake(url, new WebhookSettings()), StringComparison.Ordinal);

    [Fact]
    public void The_longest_is_2048_characters()
    {
        var longest = "https://shop.example/" + new string('a', ReceiverUrl.Longest - 21);
        Assert.Null(ReceiverUrl.Mistake(longest, new WebhookSettings()));
        Assert.NotNull(ReceiverUrl.Mistake(longest + "a", new WebhookSettings()));
    }

    [Fact]
    public void Http_is_right_where_an_operator_allows_it() =>
        Assert.Null(ReceiverUrl.Mistake("http://shop.example/", new WebhookSettings { AllowHttp = true }));
}
