using System.Security.Cryptography;
using System.Text;
using FlashCall.Dialer.Trunks;
using FlashCall.Hosting;
using Xunit;

namespace FlashCall.Dialer.Tests.Trunks;

public sealed class SecretBoxTests
{
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(SealedBox.KeySize);
    private static readonly TrunkSecrets Secrets = new() { Password = "hush-hush", ClientKey = "-----BEGIN PRIVATE KEY-----" };
    private readonly SecretBox _box = new(Key);

    [Fact]
    public void What_is_sealed_can_be_opened_again_by_who_has_the_key()
    {
        var sealedOnce = _box.Seal("carrier", Secrets)!;
        Assert.Equal(Secrets, new SecretBox(Key).Open("carrier", sealedOnce));
        Assert.Null(new SecretBox(RandomNumberGenerator.GetBytes(SealedBox.KeySize)).Open("carrier", sealedOnce));
        Assert.Null(new SecretBox(null).Open("carrier", sealedOnce));
    }

    [Fact]
    public void Nothing_of_it_shows_and_no_two_are_alike()
    {
        var (one, other) = (_box.Seal("carrier", Secrets)!, _box.Seal("carrier", Secrets)!);
        Assert.DoesNotContain("hush", Encoding.Latin1.GetString(one), StringComparison.Ordinal);
        Assert.NotEqual(one, other);
    }

    [Fact]
    public void It_belongs_to_its_trunk() => Assert.Null(_box.Open("another", _box.Seal("carrier", Secrets)));

    [Fact]
    public void A_single_bit_that_differs_shows()
    {
        var box = _box.Seal("carrier", Secrets)!;
        for (var position = 0; position < box.Length; position++)
        {
            var bent = (byte[])box.Clone();
            bent[position] ^= 1;
            Assert.Null(_box.Open("carrier", bent));
        }
        Assert.Null(_box.Open("carrier", box[..10]));
        Assert.Null(_box.Open("carrier", []));
    }

    [Fact]
    public void Where_there_are_no_secrets_no_key_is_needed()
    {
        var box = new SecretBox(null);
        Assert.Null(box.Seal("carrier", TrunkSecrets.None));
        Assert.Equal(TrunkSecrets.None, box.Open("carrier", null));
        Assert.Throws<InvalidOperationException>(() => box.Seal("carrier", Secrets));
    }
}
