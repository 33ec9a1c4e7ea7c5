using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FlashCall.EventLog;
using Xunit;

namespace FlashCall.Verification.Tests.EventLog;

public sealed class PersonalDataTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Stored", "golden");

    public static TheoryData<string> Stored => [.. Directory.EnumerateFiles(Folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file))];

    [Theory]
    [MemberData(nameof(Stored))]
    public void No_stored_event_shows_a_number_or_what_a_client_told_of_a_person(string name)
    {
        var masked = Masked(name.Split('.')[0], File.ReadAllText(Path.Combine(Folder, name + ".json")));

        // The prefix of a caller ID is what the client was told.
        var told = masked.Replace("+44207946\"", "\"", StringComparison.Ordinal);
        Assert.DoesNotMatch(new Regex(@"\+[0-9]{7,}[^0-9•]", RegexOptions.None, TimeSpan.FromSeconds(1)), told);
        foreach (var secret in new[] { "user-4711", "autumn", "203.0.113.7", "d-1", "app/1", "6701740605", "60123" })
            Assert.DoesNotContain($"\"{secret}\"", masked, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Stored))]
    public void All_else_of_a_stored_event_stays(string name)
    {
        string[] hidden = ["$.to", "$.reference", "$.metadata.campaign", "$.client.ip", "$.client.deviceId", "$.client.userAgent", "$.callerId"];
        var stored = File.ReadAllText(Path.Combine(Folder, name + ".json"));
        var masked = JsonNode.Parse(Masked(name.Split('.')[0], stored))!;

        Assert.Equal(
            Leaves(JsonNode.Parse(stored)!).Select(leaf => hidden.Contains(leaf.GetPath()) ? leaf.GetPath() : leaf.ToJsonString()),
            Leaves(masked).Select(leaf => hidden.Contains(leaf.GetPath()) ? leaf.GetPath() : leaf.ToJsonString()));
    }

    [Fact]
    public void A_number_keeps_its_country_and_its_end_and_a_caller_ID_its_beginning()
    {
        Assert.Equal("""{"to":"+4670•••0605"}""", Masked("verification_requested", """{"to":"\u002B46701740605"}"""));
        Assert.Equal("""{"to":"erased"}""", Masked("verification_requested", """{"to":"erased"}"""));
        Assert.Equal("""{"callerId":"+4420794•••••"}""", Masked("caller_id_leased", """{"callerId":"+442079460123"}"""));
    }

    [Theory]
    [InlineData("risk_assessed", """{"factors":[{"evidence":{"of":"+46701740605"}}]}""", """{"factors":[{"evidence":{"of":"+467017•••••"}}]}""")]
    [InlineData("caller_id_refused", """{"detail":"No number for +46701740605 today."}""", """{"detail":"No number for +467017••••• today."}""")]
    [InlineData("report_received", """{"sourceText":"+46701740605","matched":true}""", """{"sourceText":"+467017•••••","matched":true}""")]
    [InlineData("of_tomorrow", """{"a":{"b":[{"+46701740605":"+46701740605"}]},"n":-1.50,"x":null}""", """{"a":{"b":[{"+467017•••••":"+467017•••••"}]},"n":-1.50,"x":null}""")]
    public void Texts_lose_the_numbers_in_them_and_so_do_events_that_are_not_known(string type, string stored, string shown) =>
        Assert.Equal(shown, Masked(type, stored));

    [Fact]
    public void An_event_without_anything_to_hide_stays_byte_for_byte() =>
        Assert.Equal("""{"at": "2026-11-23T09:00:00+00:00",  "x":1}""", Masked("call_rang", """{"at": "2026-11-23T09:00:00+00:00",  "x":1}"""));

    private static string Masked(string type, string json)
    {
        var output = new ArrayBufferWriter<byte>();
        PersonalData.WriteMasked(type, Encoding.UTF8.GetBytes(json), output);
        using var _ = JsonDocument.Parse(output.WrittenMemory);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static IEnumerable<JsonNode> Leaves(JsonNode node) => node switch
    {
        JsonObject document => document.Where(member => member.Value is not null).SelectMany(member => Leaves(member.Value!)),
        JsonArray array => array.Where(one => one is not null).SelectMany(one => Leaves(one!)),
        _ => [node],
    };
}
