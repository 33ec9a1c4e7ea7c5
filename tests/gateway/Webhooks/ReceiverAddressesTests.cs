using System.Buffers.Binary;
using System.Net;
using CsCheck;
using FlashCall.Gateway.Webhooks.Receivers;

namespace FlashCall.Gateway.Tests.Webhooks;

/// <summary>Which addresses the gateway connects to for an application, against IANA's registries of special-purpose addresses, as they
/// are published; the lists here are typed off them and not taken from the code.</summary>
public sealed class ReceiverAddressesTests
{
    private static readonly ReceiverAddresses Addresses = new([]);

    /// <summary>Every block of the IPv4 registry that is not for everybody, and multicast.</summary>
    private static readonly string[] Special4 =
    [
        "0.0.0.0/8", "0.0.0.0/32", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.0.0/29", "192.0.0.8/32", "192.0.0.9/32", "192.0.0.10/32", "192.0.0.170/32", "192.0.0.171/32", "192.0.2.0/24",
        "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
        "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32",
    ];

    /// <summary>The same of IPv6, NAT64's well-known prefix aside, and what is no unicast or not for everybody by RFC 4291.</summary>
    private static readonly string[] Special6 =
    [
        "::/128", "::1/128", "::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23", "2001::/32", "2001:1::1/128",
        "2001:1::2/128", "2001:1::3/128", "2001:2::/48", "2001:3::/32", "2001:4:112::/48", "2001:10::/28", "2001:20::/28",
        "2001:30::/28", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10",
        "fec0::/10", "ff00::/8",
    ];

    private static readonly Gen<IPAddress> AnySpecial4 = AnyOf(Special4).SelectMany(Within);

    [Fact]
    public void Nothing_special_is_connected_to_in_IPv4() => AnySpecial4.Sample(address => !Addresses.MayConnect(address));

    [Fact]
    public void Nothing_special_is_connected_to_in_IPv6() =>
        AnyOf(Special6).SelectMany(Within).Sample(address => !Addresses.MayConnect(address));

    /// <summary>Every way to write an IPv4 address into one of IPv6: mapped, compatible, 6to4, NAT64 (well-known and local), Teredo with it
    /// as server and, in inverted bits, as client.</summary>
    [Fact]
    public void Nothing_special_is_connected_to_in_a_guise_of_IPv6() =>
        AnySpecial4.SelectMany(address => AnyOf(Guises(address))).Sample(address => !Addresses.MayConnect(address));

    /// <summary>What is in none of the registries is public, in IPv4's guises too where those are the way there.</summary>
    [Fact]
    public void All_else_is_public()
    {
        Gen.UInt.Select(Of).Where(address => !Special4.Any(block => IPNetwork.Parse(block).Contains(address)) && !IsMetadata(address))
            .Sample(address => Addresses.MayConnect(address) && Addresses.MayConnect(address.MapToIPv6())
                && Addresses.MayConnect(Embedded("64:ff9b::", 12, address)));
        Gen.Byte.Array[16].Select(bytes => new IPAddress([(byte)(0x20 | (bytes[0] & 0x1F)), .. bytes.AsSpan(1)]))
            .Where(address => !Special6.Any(block => IPNetwork.Parse(block).Contains(address)))
            .Sample(Addresses.MayConnect);
    }

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("100.100.100.200")]
    [InlineData("192.0.0.192")]
    [InlineData("168.63.129.16")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fd20:ce::254")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("fe80::1%1")]
    [InlineData("2606:4700::1111%1")]
    public void Metadata_services_are_not_reached(string address) => Assert.False(Addresses.MayConnect(IPAddress.Parse(address)));

    [Theory]
    [InlineData("9.9.9.9")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("2620:fe::fe")]
    public void Public_ones_are(string address) => Assert.True(Addresses.MayConnect(IPAddress.Parse(address)));

    [Fact]
    public void A_network_that_an_operator_opened_is_open_and_no_other()
    {
        var opened = new ReceiverAddresses([IPNetwork.Parse("10.1.0.0/16"), IPNetwork.Parse("fd00:1::/48")]);
        Assert.True(opened.MayConnect(IPAddress.Parse("10.1.2.3")));
        Assert.True(opened.MayConnect(IPAddress.Parse("::ffff:10.1.2.3")));
        Assert.True(opened.MayConnect(IPAddress.Parse("fd00:1::5")));
        Assert.False(opened.MayConnect(IPAddress.Parse("10.2.0.1")));
        Assert.False(opened.MayConnect(IPAddress.Parse("fd00:2::5")));
    }

    private static bool IsMetadata(IPAddress address) => address.Equals(IPAddress.Parse("168.63.129.16"));

    private static Gen<T> AnyOf<T>(T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static IPAddress Of(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return new IPAddress(bytes);
    }

    /// <summary>Any address of a block, its first and last among them.</summary>
    private static Gen<IPAddress> Within(string block)
    {
        var network = IPNetwork.Parse(block);
        var first = network.BaseAddress.GetAddressBytes();
        IPAddress Fill(byte[] host)
        {
            var bytes = (byte[])first.Clone();
            for (var bit = network.PrefixLength; bit < bytes.Length * 8; bit++)
                bytes[bit / 8] |= (byte)(host[bit / 8] & (0x80 >> (bit % 8)));
            return new IPAddress(bytes);
        }
        return Gen.Frequency(
            (1, Gen.Const(Fill(new byte[first.Length]))),
            (1, Gen.Const(Fill([.. Enumerable.Repeat((byte)0xFF, first.Length)]))),
            (8, Gen.Byte.Array[first.Length].Select(Fill)));
    }

    private static IPAddress[] Guises(IPAddress address) =>
    [
        address.MapToIPv6(),
        Embedded("::", 12, address),
        Embedded("2002::", 2, address),
        Embedded("64:ff9b::", 12, address),
        Embedded("64:ff9b:1::", 12, address),
        Embedded("2001::", 4, address),
        Embedded("2001::", 12, new IPAddress([.. address.GetAddressBytes().Select(part => (byte)~part)])),
    ];

    private static IPAddress Embedded(string prefix, int at, IPAddress address)
    {
        var bytes = IPAddress.Parse(prefix).GetAddressBytes();
        address.GetAddressBytes().CopyTo(bytes, at);
        return new IPAddress(bytes);
    }
}
