using FlashCall.Fraud.Engine;
using Xunit;

namespace FlashCall.Fraud.Tests.Assessments;

public sealed class ClientAddressTests
{
    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7/32", "203.0.113.0/24")]
    [InlineData("::ffff:203.0.113.7", "203.0.113.7/32", "203.0.113.0/24")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48")]
    [InlineData("2001:db8:1:2::", "2001:db8:1:2::/64", "2001:db8:1::/48")]
    public void A_public_address_is_counted_by_subscriber_and_network(string text, string subscriber, string network)
    {
        var address = ClientAddress.Parse(text);
        Assert.Equal((subscriber, network), (address!.Subscriber.ToString(), address.Network.ToString()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("127.0.0.1")]
    [InlineData("10.1.2.3")]
    [InlineData("172.31.0.1")]
    [InlineData("192.168.1.1")]
    [InlineData("100.64.0.1")]
    [InlineData("169.254.1.1")]
    [InlineData("0.0.0.0")]
    [InlineData("255.255.255.255")]
    [InlineData("::1")]
    [InlineData("::")]
    [InlineData("::ffff:10.1.2.3")]
    [InlineData("fe80::1%eth0")]
    [InlineData("fd00::1")]
    public void An_address_that_is_not_the_end_user_s_is_not_counted(string? text) => Assert.Null(ClientAddress.Parse(text));

    [Theory]
    [InlineData("203.0.113.256")]
    [InlineData("example.org")]
    [InlineData("2001:db8::/32")]
    public void What_is_no_address_is_refused_without_repeating_it(string text)
    {
        var exception = Assert.Throws<ArgumentException>(() => ClientAddress.Parse(text));
        Assert.Contains("203.0.113.7", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(text, exception.Message, StringComparison.Ordinal);
    }
}
