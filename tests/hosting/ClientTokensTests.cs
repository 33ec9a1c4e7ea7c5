using System.Security.Cryptography;
using CsCheck;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace FlashCall.Hosting.Tests;

/// <summary>Client tokens: what is written is read, and nothing else is.</summary>
public sealed class ClientTokensTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly string Key = NewKey();
    private static readonly ClientToken Token = new(Guid.CreateVersion7(), "shop", Now.AddMinutes(2));

    [Fact]
    public void What_is_written_is_read_until_it_expires()
    {
        var tokens = Read(Key);
        var text = tokens.Write(Token);

        Assert.StartsWith("fct_", text, StringComparison.Ordinal);
        Assert.Equal(text, tokens.Write(Token));
        Assert.Equal(Token, tokens.Read(text, Now));
        Assert.Equal(Token, tokens.Read(text, Token.ExpiresAt.AddSeconds(-1)));
        Assert.Null(tokens.Read(text, Token.ExpiresAt));
    }

    [Fact]
    public void A_previous_key_still_counts_and_another_does_not()
    {
        var text = Read(Key).Write(Token);
        Assert.Equal(Token, Read(NewKey(), previous: Key).Read(text, Now));
        Assert.Null(Read(NewKey()).Read(text, Now));
    }

    [Fact]
    public void A_token_with_any_sign_changed_is_none()
    {
        var tokens = Read(Key);
        var text = tokens.Write(Token);
        for (var i = 0; i < text.Length; i++)
        {
            var changed = text.ToCharArray();
            changed[i] = changed[i] == 'A' ? 'B' : 'A';
            // The last sign of base64 has bits that say nothing; what is read must then be the same.
            var read = tokens.Read(changed, Now);
            Assert.True(read is null || (read == Token && (i == text.Length - 1 || text[i + 1] == '.')), $"sign {i}");
        }
    }

    [Fact]
    public void Anything_else_is_no_token_and_no_exception() =>
        Gen.OneOf(Gen.String, Gen.String.Select(text => "fct_" + text), Gen.String[Gen.Char["AZaz09-_."], 0, 300].Select(text => "fct_" + text))
            .Sample(text => Read(Key).Read(text, Now) is null);

    [Theory]
    [InlineData(null)]
    [InlineData("short")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void A_key_that_is_none_is_a_mistake(string? key)
    {
        var mistakes = new SettingsMistakes();
        Assert.Null(ClientTokens.Read(Configuration(("ClientTokens:Key", key)), mistakes));
        var said = Assert.Throws<SettingsException>(mistakes.ThrowIfAny);
        Assert.Contains("FLASHCALL_CLIENTTOKENS__KEY", said.Message, StringComparison.Ordinal);
        Assert.Contains("openssl rand -base64 32", said.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sealed_secret_opens_for_its_owner_alone()
    {
        var box = new SealedBox(Convert.FromBase64String(Key));
        var locked = box.Seal("one", "secret"u8);
        Assert.Equal("secret"u8.ToArray(), box.Open("one", locked));
        Assert.Null(box.Open("two", locked));
        Assert.Null(new SealedBox(Convert.FromBase64String(NewKey())).Open("one", locked));
        Assert.Null(box.Open("one", locked.AsSpan(0, 20)));
        Assert.NotEqual(locked, box.Seal("one", "secret"u8));
    }

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(SealedBox.KeySize));

    private static ClientTokens Read(string key, string? previous = null)
    {
        var mistakes = new SettingsMistakes();
        var tokens = ClientTokens.Read(Configuration(("ClientTokens:Key", key), ("ClientTokens:PreviousKey", previous)), mistakes);
        mistakes.ThrowIfAny();
        return tokens!;
    }

    private static IConfiguration Configuration(params (string Name, string? Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting => new KeyValuePair<string, string?>(setting.Name, setting.Value))).Build();
}
