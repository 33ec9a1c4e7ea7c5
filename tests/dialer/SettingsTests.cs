using System.Net;
using FlashCall.Dialer.Trunks;
using FlashCall.Hosting;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace FlashCall.Dialer.Tests;

public sealed class SettingsTests
{
    [Fact]
    public void Without_settings_the_defaults_stand()
    {
        var settings = Read();
        Assert.Equal(new IPEndPoint(IPAddress.Any, 5070), settings.SipListen);
        Assert.Null(settings.SipAdvertised);
        Assert.Equal(TimeSpan.FromMilliseconds(500), settings.SipT1);
        Assert.Equal(TimeSpan.FromMilliseconds(500), settings.CongestionWait);
        Assert.Empty(settings.Trunks);
    }

    [Theory]
    [InlineData("192.0.2.1:5060")]
    [InlineData("[::]:5070")]
    [InlineData("[2001:db8::1]:0")]
    public void The_address_listened_on_is_read(string address) =>
        Assert.Equal(IPEndPoint.Parse(address), Read(("Dialer:SipListen", address)).SipListen);

    [Theory]
    [InlineData("sip.carrier.example:5061", "sip.carrier.example", 5061)]
    [InlineData("sip.carrier.example", "sip.carrier.example", null)]
    [InlineData("192.0.2.10", "192.0.2.10", null)]
    [InlineData("192.0.2.10:5080", "192.0.2.10", 5080)]
    [InlineData("[2001:db8::10]:5080", "2001:db8::10", 5080)]
    [InlineData("[2001:db8::10]", "2001:db8::10", null)]
    public void A_trunk_is_read(string address, string host, int? port)
    {
        var trunk = Assert.Single(Read(("Trunks:0:Name", "demo"), ("Trunks:0:Addresses:0", address)).Trunks).ToTrunk(TrunkState.Active);
        Assert.Equal(new TrunkAddress(host, port), TrunkAddress.Parse(Assert.Single(trunk.Addresses)));
    }

    [Theory]
    [InlineData("Dialer:SipListen", "5070", "FLASHCALL_DIALER__SIPLISTEN")]
    [InlineData("Dialer:SipListen", "127.0.0.1", "FLASHCALL_DIALER__SIPLISTEN")]
    [InlineData("Dialer:SipListen", "::1", "FLASHCALL_DIALER__SIPLISTEN")]
    [InlineData("Dialer:SipListen", "[::1]", "FLASHCALL_DIALER__SIPLISTEN")]
    [InlineData("Dialer:SipListen", "localhost:5070", "FLASHCALL_DIALER__SIPLISTEN")]
    [InlineData("Dialer:SipListen", "127.0.0.1:70000", "FLASHCALL_DIALER__SIPLISTEN")]
    [InlineData("Dialer:SipAdvertised", "203.0.113.5:5070", "FLASHCALL_DIALER__SIPADVERTISED")]
    [InlineData("Dialer:SipAdvertised", "2001:db8::5", "FLASHCALL_DIALER__SIPADVERTISED")]
    [InlineData("Dialer:SipTls", "0.0.0.0:5071", "FLASHCALL_DIALER__SIPTLS")]
    [InlineData("Dialer:SipTls:Listen", "0.0.0.0:5071", "FLASHCALL_DIALER__SIPTLS__CERTIFICATE")]
    [InlineData("Dialer:NameServers", "dns.example", "FLASHCALL_DIALER__NAMESERVERS")]
    [InlineData("Dialer:SipT1", "half a second", "FLASHCALL_DIALER__SIPT1")]
    [InlineData("Dialer:SipT1", "00:00:03", "FLASHCALL_DIALER__SIPT1")]
    [InlineData("Dialer:SipT1", "00:00:00.01", "FLASHCALL_DIALER__SIPT1")]
    [InlineData("Dialer:SipTimer1", "00:00:01", "FLASHCALL_DIALER__SIPTIMER1")]
    [InlineData("Dialer:AliveFor", "00:02:00", "FLASHCALL_DIALER__ALIVEFOR")]
    [InlineData("Dialer:CongestionWait", "00:00:05.1", "FLASHCALL_DIALER__CONGESTIONWAIT")]
    [InlineData("Dialer:KeepAttemptsFor", "00:00:01", "FLASHCALL_DIALER__KEEPATTEMPTSFOR")]
    [InlineData("Dialer:KeepAttemptsFor", "30", "FLASHCALL_DIALER__KEEPATTEMPTSFOR")]
    [InlineData("Dialer:SecretsKey", "secret", "FLASHCALL_DIALER__SECRETSKEY")]
    [InlineData("Dialer:SecretsKey", "AAECAwQFBgcICQoLDA0ODw==", "FLASHCALL_DIALER__SECRETSKEY")]
    [InlineData("Trunks:0:Credentials:Username", "flashcall", "FLASHCALL_TRUNKS__0__CREDENTIALS__PASSWORD")]
    [InlineData("Trunks", "127.0.0.1:5080", "FLASHCALL_TRUNKS")]
    [InlineData("Trunks:0:Adress", "127.0.0.1:5080", "FLASHCALL_TRUNKS__0__ADRESS")]
    [InlineData("Trunks:0:Addresses:0", "", "FLASHCALL_TRUNKS__0__ADDRESSES__0")]
    [InlineData("Trunks:0:Addresses:0", "host:0", "FLASHCALL_TRUNKS__0__ADDRESSES__0")]
    [InlineData("Trunks:0:Addresses:0", "host:port", "FLASHCALL_TRUNKS__0__ADDRESSES__0")]
    [InlineData("Trunks:0:Addresses:0", "2001:db8::10", "FLASHCALL_TRUNKS__0__ADDRESSES__0")]
    [InlineData("Trunks:0:Addresses:0", "sip:host", "FLASHCALL_TRUNKS__0__ADDRESSES__0")]
    [InlineData("Trunks:0:Name", "", "FLASHCALL_TRUNKS__0__NAME")]
    [InlineData("Trunks:0:Name", "a-name-of-more-than-sixty-four-characters-is-more-than-anyone-reads", "FLASHCALL_TRUNKS__0__NAME")]
    [InlineData("Trunks:1:Name", "demo", "FLASHCALL_TRUNKS__1__NAME")]
    public void A_wrong_setting_is_named_with_what_would_be_right(string setting, string value, string variable)
    {
        var exception = Assert.Throws<SettingsException>(() => Read(
            ("Trunks:0:Name", "demo"), ("Trunks:0:Addresses:0", "127.0.0.1:5080"),
            ("Trunks:1:Name", "other"), ("Trunks:1:Addresses:0", "127.0.0.1:5081"), (setting, value)));
        Assert.Equal(variable, exception.Setting);
        Assert.Matches("Give|Known here", exception.Message);
        Assert.DoesNotContain('\n', exception.Message);
    }

    [Fact]
    public void Twenty_four_hours_are_a_day() =>
        Assert.Equal(TimeSpan.FromDays(1), Read(("Dialer:KeepAttemptsFor", "24:00:00")).KeepAttemptsFor);

    [Fact]
    public void All_mistakes_are_listed_at_once()
    {
        var message = Assert.Throws<SettingsException>(() => Read(
            ("Dialer:SipListn", "0.0.0.0:5070"), ("Dialer:SipListen", "5070"), ("Dialer:SipAdvertised", "here"),
            ("Dialer:AliveFor", "soon"), ("Trunks:0:Adress", "127.0.0.1:5080"),
            ("Trunks:1:Name", "demo"), ("Trunks:1:Addresses:0", "host:0"))).Message;
        Assert.Equal(
            ["FLASHCALL_DIALER__SIPLISTN", "FLASHCALL_DIALER__SIPLISTEN", "FLASHCALL_DIALER__SIPADVERTISED", "FLASHCALL_DIALER__ALIVEFOR",
                "FLASHCALL_TRUNKS__0__ADRESS", "FLASHCALL_TRUNKS__0__NAME", "FLASHCALL_TRUNKS__0__ADDRESSES",
                "FLASHCALL_TRUNKS__1__ADDRESSES__0"],
            message.Split('\n').Select(line => line.Split(' ')[1]));
    }

    private static DialerSettings Read(params (string Key, string Value)[] settings) =>
        DialerSettings.Read(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.GroupBy(setting => setting.Key)
                .Select(same => KeyValuePair.Create(same.Key, (string?)same.Last().Value)))
            .Build());
}
