using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using FlashCall.Verification.Verifications;
using Xunit;

namespace FlashCall.Verification.Tests;

/// <summary>The vectors are those of RFC 8785.</summary>
public sealed class CanonicalJsonTests
{
    [Fact]
    public void The_example_of_the_standard() => Assert.Equal(
        """{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}""",
        Form("""
            {
              "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
              "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
              "literals": [null, true, false]
            }
            """));

    [Fact]
    public void Names_are_in_the_order_of_their_utf16_units()
    {
        var form = Form("""
            { "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
              "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis" }
            """);

        Assert.Equal(
            ["Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign", "Emoji: Grinning Face",
                "Hebrew Letter Dalet With Dagesh"],
            JsonNode.Parse(form)!.AsObject().Select(member => (string?)member.Value));
    }

    [Theory]
    [InlineData(0x0000000000000000, "0")]
    [InlineData(0x8000000000000000, "0")]
    [InlineData(0x0000000000000001, "5e-324")]
    [InlineData(0x8000000000000001, "-5e-324")]
    [InlineData(0x7fefffffffffffff, "1.7976931348623157e+308")]
    [InlineData(0xffefffffffffffff, "-1.7976931348623157e+308")]
    [InlineData(0x4340000000000000, "9007199254740992")]
    [InlineData(0xc340000000000000, "-9007199254740992")]
    [InlineData(0x4430000000000000, "295147905179352830000")]
    [InlineData(0x44b52d02c7e14af5, "9.999999999999997e+22")]
    [InlineData(0x44b52d02c7e14af6, "1e+23")]
    [InlineData(0x44b52d02c7e14af7, "1.0000000000000001e+23")]
    [InlineData(0x444b1ae4d6e2ef4e, "999999999999999700000")]
    [InlineData(0x444b1ae4d6e2ef4f, "999999999999999900000")]
    [InlineData(0x444b1ae4d6e2ef50, "1e+21")]
    [InlineData(0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7")]
    [InlineData(0x3eb0c6f7a0b5ed8d, "0.000001")]
    [InlineData(0x41b3de4355555553, "333333333.3333332")]
    [InlineData(0x41b3de4355555554, "333333333.33333325")]
    [InlineData(0x41b3de4355555555, "333333333.3333333")]
    [InlineData(0x41b3de4355555556, "333333333.3333334")]
    [InlineData(0x41b3de4355555557, "333333333.33333343")]
    [InlineData(0xbecbf647612f3696, "-0.0000033333333333333333")]
    [InlineData(0x43143ff3c1cb0959, "1424953923781206.2")]
    public void Numbers_are_written_as_ecmascript_writes_them(ulong bits, string form) =>
        Assert.Equal(form, Form(BitConverter.UInt64BitsToDouble(bits).ToString("E16", CultureInfo.InvariantCulture)));

    [Theory]
    [InlineData("9007199254740992", true)]
    [InlineData("9007199254740993", false)]
    [InlineData("0.1", true)]
    [InlineData("100.00", true)]
    [InlineData("1e2", true)]
    [InlineData("0.30000000000000004", true)]
    [InlineData("0.30000000000000001", false)]
    [InlineData("-0", true)]
    [InlineData("0e5", true)]
    [InlineData("1e-400", false)]
    [InlineData("12345678901234567890.5", false)]
    public void It_tells_when_a_number_lost_digits(string number, bool isExact) =>
        Assert.Equal(isExact, CanonicalJson.Of(Parse($"[{number}]"))!.IsExact);

    [Theory]
    [InlineData("1e400")]
    [InlineData("1e99999999999")]
    [InlineData("\"\\ud800\"")]
    [InlineData("{\"\\udc00\":1}")]
    public void What_has_no_form_has_none(string json) => Assert.Null(CanonicalJson.Of(Parse(json)));

    [Fact]
    public void Spelling_and_order_do_not_matter_and_the_form_is_its_own() => Gen.Double.Array[0, 5].SelectMany(
        _ => Gen.String.Array[1, 5], (numbers, names) => (numbers, names)).Sample(sample =>
        {
            var members = sample.names.Where(name => Encoding.UTF8.GetByteCount(name) >= 0 && !name.Any(char.IsSurrogate))
                .Distinct(StringComparer.Ordinal).Select((name, at) => (name, at)).ToList();
            var numbers = string.Join(", ", sample.numbers.Where(double.IsFinite).Select(number => number.ToString("R", CultureInfo.InvariantCulture)));
            string Write(IEnumerable<(string Name, int At)> order, string space) => "{" + string.Join($"{space},{space}",
                order.Select(member => $"{JsonSerializer.Serialize(member.Name)}{space}:{space}[{numbers}{(numbers.Length > 0 ? "," : "")}{member.At}]")) + "}";
            var one = Form(Write(members, ""));

            Assert.Equal(one, Form(Write(members.AsEnumerable().Reverse(), " \n")));
            Assert.Equal(one, Form(one));
        });

    private static string Form(string json) => Encoding.UTF8.GetString(CanonicalJson.Of(Parse(json))!.Utf8);

    private static JsonElement Parse(string json) => JsonSerializer.Deserialize<JsonElement>(json);
}
