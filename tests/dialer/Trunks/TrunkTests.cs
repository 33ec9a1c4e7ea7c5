using FlashCall.Contracts;
using FlashCall.Dialer.Trunks;
using Xunit;

namespace FlashCall.Dialer.Tests.Trunks;

public sealed class TrunkTests
{
    private static readonly Trunk Trunk = new()
    {
        Name = "carrier",
        Addresses = ["h"],
        CallerIds = [CallerIdRange.Parse("+44207946xxxx"), CallerIdRange.Parse("+46701740605")],
        Destinations = [new Destination("+46", 0.01m), new Destination("+4670", 0.02m), new Destination("+467017", 0.03m)],
    };

    [Theory]
    [InlineData("+46701740605", 0.03)]
    [InlineData("+46702345678", 0.02)]
    [InlineData("+46812345678", 0.01)]
    public void The_longest_prefix_is_the_destination(string callee, double price) =>
        Assert.Equal((decimal)price, Trunk.DestinationOf(PhoneNumber.Parse(callee))?.Price);

    [Fact]
    public void Without_destinations_it_reaches_everybody_and_otherwise_those_alone()
    {
        var british = PhoneNumber.Parse("+442079460123");
        Assert.False(Trunk.Reaches(british));
        Assert.True((Trunk with { Destinations = [] }).Reaches(british));
        Assert.True((Trunk with { Destinations = [new Destination("+")] }).Reaches(british));
    }

    [Theory]
    [InlineData("+442079460000", true)]
    [InlineData("+442079469999", true)]
    [InlineData("+442079470000", false)]
    [InlineData("+44207946000", false)]
    [InlineData("+4420794600000", false)]
    [InlineData("+46701740605", true)]
    [InlineData("+46701740606", false)]
    public void It_may_present_what_its_ranges_cover_whatever_it_is_leased_on(string callerId, bool may)
    {
        Assert.Equal(may, Trunk.MayPresent(CallerId.Parse(callerId), "another"));
        Assert.Equal(may, Trunk.MayPresent(CallerId.Parse(callerId), "carrier"));
    }

    [Fact]
    public void Without_ranges_it_may_present_what_is_leased_on_it()
    {
        var trunk = Trunk with { CallerIds = [] };
        Assert.True(trunk.MayPresent(CallerId.Parse("+442079460000"), "carrier"));
        Assert.False(trunk.MayPresent(CallerId.Parse("+442079460000"), "another"));
    }

    [Fact]
    public void Its_secrets_are_not_part_of_its_text()
    {
        var trunk = Trunk with
        {
            Credentials = new TrunkCredentials("user", "hush"),
            Tls = new TrunkTls { ClientCertificate = "certificate", ClientKey = "hush" },
        };
        Assert.DoesNotContain("hush", trunk.ToString(), StringComparison.Ordinal);
        var document = Documents.Read("""{ "credentials": { "username": "u", "password": "hush" }, "tls": { "clientKey": "hush" } }""");
        Assert.DoesNotContain("hush", $"{document} {document.Secrets}", StringComparison.Ordinal);
    }
}
