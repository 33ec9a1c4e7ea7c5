using FlashCall.Contracts;
using FlashCall.Verification.Channels.FlashCalls;
using Xunit;

namespace FlashCall.Verification.Tests.Channels;

public sealed class ClientKeyTests
{
    private static readonly ClientContext Device = new() { DeviceId = "device-1", Ip = "203.0.113.7" };

    [Fact]
    public void A_device_has_one_key_wherever_it_is()
    {
        var key = ClientKey.Of("shop", Device);

        Assert.Matches("^[A-Za-z0-9_-]{22}$", key!);
        Assert.Equal(key, ClientKey.Of("shop", Device with { Ip = "198.51.100.1" }));
        Assert.Equal(key, ClientKey.Of("shop", Device with { Ip = null }));
    }

    [Fact]
    public void Other_devices_applications_and_addresses_have_other_keys()
    {
        string?[] keys =
        [
            ClientKey.Of("shop", Device),
            ClientKey.Of("bank", Device),
            ClientKey.Of("shop", Device with { DeviceId = "device-2" }),
            ClientKey.Of("shop 1", new ClientContext { DeviceId = "d" }),
            ClientKey.Of("shop", new ClientContext { DeviceId = "1 d" }),
            ClientKey.Of("shop", new ClientContext { DeviceId = "203.0.113.7" }),
            ClientKey.Of("shop", new ClientContext { Ip = "203.0.113.7" }),
            ClientKey.Of("shop", new ClientContext { Ip = "203.0.113.8" }),
        ];

        Assert.Equal(keys.Length, keys.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Addresses_of_one_network_of_IPv6_are_one_client()
    {
        Assert.Equal(OfAddress("2001:db8:1:2::1"), OfAddress("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        Assert.NotEqual(OfAddress("2001:db8:1:2::1"), OfAddress("2001:db8:1:3::1"));
        Assert.Equal(OfAddress("203.0.113.7"), OfAddress("::ffff:203.0.113.7"));
    }

    [Fact]
    public void Nothing_known_is_no_key()
    {
        Assert.Null(ClientKey.Of("shop", ClientContext.Unknown));
        Assert.Null(ClientKey.Of("shop", new ClientContext { UserAgent = "app/1", DeviceId = "" }));
    }

    private static string? OfAddress(string address) => ClientKey.Of("shop", new ClientContext { Ip = address });
}
