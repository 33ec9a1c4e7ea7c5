using System.Security.Cryptography;
using FlashCall.Hosting;

namespace FlashCall.Gateway.Tests;

/// <summary>Wrong settings are refused at start, all at once, each with what would be right.</summary>
public sealed class SettingsTests
{
    private static readonly Uri Replica = new("http://127.0.0.1:1");

    [Fact]
    public void Nothing_set_names_everything_that_is_needed()
    {
        var refusal = Assert.Throws<SettingsException>(() => GatewayService.Build([]));

        Assert.Equal(
            [
                "FLASHCALL_GATEWAY__VERIFICATION__0", "FLASHCALL_GATEWAY__DIALER__0", "FLASHCALL_GATEWAY__NUMBERPOOL__0",
                "FLASHCALL_GATEWAY__FRAUD__0", "FLASHCALL_GATEWAY__SECRETSKEY", "FLASHCALL_CLIENTTOKENS__KEY", "FLASHCALL_IDENTITY__SIGNINGKEY",
            ],
            refusal.Message.Split('\n').Select(line => line.Split(' ')[1]));
        Assert.All(refusal.Message.Split('\n'), line => Assert.StartsWith("Setting FLASHCALL_", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Gateway:Verification:0=verification:8080", "FLASHCALL_GATEWAY__VERIFICATION__0 is not a base address")]
    [InlineData("Gateway:Verification:0=ftp://verification", "FLASHCALL_GATEWAY__VERIFICATION__0 is not a base address")]
    [InlineData("Gateway:Verification:0=http://verification/v1", "FLASHCALL_GATEWAY__VERIFICATION__0 is not a base address")]
    [InlineData("Gateway:Verification:1=http://127.0.0.1:1/", "FLASHCALL_GATEWAY__VERIFICATION__1 names a replica that is listed already")]
    [InlineData("Gateway:Dialer:0=dialer:8080", "FLASHCALL_GATEWAY__DIALER__0 is not a base address")]
    [InlineData("Gateway:NumberPool:0=pool", "FLASHCALL_GATEWAY__NUMBERPOOL__0 is not a base address. Give scheme, host and port only, such as http://number-pool:8080.")]
    [InlineData("Gateway:AnswerTimeout=soon", "FLASHCALL_GATEWAY__ANSWERTIMEOUT is 'soon'. Give 00:00:01 to 00:10:00")]
    [InlineData("Gateway:AnswerTimeout=00:00:00", "FLASHCALL_GATEWAY__ANSWERTIMEOUT is '00:00:00'. Give 00:00:01 to 00:10:00")]
    [InlineData("Gateway:AnswerTimeout=75", "FLASHCALL_GATEWAY__ANSWERTIMEOUT is '75'. Give 00:00:01 to 00:10:00")]
    [InlineData("Gateway:AnswerTimout=00:01:00", "FLASHCALL_GATEWAY__ANSWERTIMOUT is no setting. Known here: Verification, Dialer, NumberPool, ")]
    [InlineData("Gateway:SecretsKey=c2hvcnQ=", "FLASHCALL_GATEWAY__SECRETSKEY is not a key. Give 32 random bytes in base64")]
    [InlineData("Gateway:AdminKeyHash=fck_0123456789", "FLASHCALL_GATEWAY__ADMINKEYHASH is the API key itself. Give its SHA-256")]
    [InlineData("Gateway:AdminKeyHash=abcdef", "FLASHCALL_GATEWAY__ADMINKEYHASH is not a SHA-256 in hexadecimal: 64 of the characters")]
    [InlineData("Identity:SigningKey=secret", "FLASHCALL_IDENTITY__SIGNINGKEY is not an EC key in PEM form")]
    public void Each_wrong_setting_is_named(string setting, string expected)
    {
        var refusal = Assert.Throws<SettingsException>(() => GatewayService.Build([.. RunningGateway.Settings(Replica), "--" + setting]));

        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("fck_0", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Signing_needs_a_private_key_over_P256()
    {
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);

        Assert.Contains("is a public key", Refusal(RunningGateway.PublicKey), StringComparison.Ordinal);
        Assert.Contains("P-256", Refusal(p384.ExportPkcs8PrivateKeyPem()), StringComparison.Ordinal);

        static string Refusal(string key) => Assert.Throws<SettingsException>(
            () => GatewayService.Build([.. RunningGateway.Settings(Replica), $"--Identity:SigningKey={key}"])).Message;
    }
}
