using System.Globalization;
using CsCheck;

namespace FlashCall.Api.Tests.Hostile;

/// <summary>Values that programs trip over.</summary>
internal static class NastyValues
{
    /// <summary>More than a field takes, less than a body does.</summary>
    private static readonly string Long = new('x', 20_000);

    /// <summary>JSON values as they stand in a document; not all of them are what a strict reader takes.</summary>
    public static readonly Gen<string> Json = Gen.OneOf(
        Gen.OneOf(
            "null", "true", "false", "0", "-0", "-1", "1e999", "-1e999", "1e-999", "9223372036854775808", "-9223372036854775809",
            "2147483648",
            "0.1e1", "123456789012345678901234567890.5", "\"\"", "\" \"", "[]", "{}", "[null]", "[[[[]]]]", "{\"a\":{\"b\":[{}]}}",
            "[1,\"a\",{}]",
            // Digits that are none of ASCII's, a lone surrogate, control characters, what turns text around.
            "\"+٤٦٧٠١٧٤٠٦٠٥\"", "\"+46７０1740605\"", "\"٠١٢٣\"", "\"\\ud800\"", "\"\\u0000\"", "\"a\\u0000b\"", "\"\\u202e+46701740605\"",
            "\"\\ufeff\"", "\"\\r\\nX: y\"", "\"👩‍👩‍👧‍👦\"", "\"ﬃ\"", "\"İ\"", "\"' or 1=1; drop table applications; --\"",
            "\"${jndi:ldap://127.0.0.1/a}\"",
            "\"<script>alert(1)</script>\"", "\"../../../etc/passwd\"", "\"%00\"", "\"{{7*7}}\"", "\"+\"", "\"+0\"",
            "\"+999999999999999999999\"",
            "\"2026-02-30T25:61:61Z\"", "\"0001-01-01T00:00:00Z\"", "\"9999-12-31T23:59:59.9999999Z\"", "\"99999999.23:59:59\"",
            "\"http://169.254.169.254/\"",
            "NaN", "Infinity", "undefined", "'a'", "01", "1.", ".5", "+1", "\"\\x\"", "\"\t\""),
        Gen.Double.Select(number => double.IsFinite(number) ? number.ToString("R", CultureInfo.InvariantCulture) : "0"),
        Gen.Long.Select(number => number.ToString(CultureInfo.InvariantCulture)),
        Gen.Const('"' + Long + '"'),
        Gen.Int[1, 3000].Select(depth => new string('[', depth) + new string(']', depth)),
        Gen.Int[1, 600].Select(depth => string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth)),
        Gen.String.Select(text => System.Text.Json.JsonSerializer.Serialize(text)));

    /// <summary>Text in a path, a query or a header, not escaped.</summary>
    public static readonly Gen<string> Text = Gen.OneOf(
        Gen.OneOf(
            "", " ", "0", "-1", "1e9", "9223372036854775808", "2147483648", "null", "*", "..", ".", "~", "\"", "\"\"", "W/\"1\"",
            "\"1\"", "\\",
            "00000000-0000-0000-0000-000000000000", "{01990000-0000-7000-8000-000000000000}", "٤٢", "４２", "+٤٦٧٠", "a\tb", "a%b", "%",
            "%zz", "+", "++46",
            "' or 1=1--", "<script>", "\u202e", "👩‍👩‍👧‍👦", "İ", "true", "yes", "1;2", "1,2", "a=b&c=d", "#", "?", "a/b", "eyJhIjoxfQ",
            "AAAA", "wait=-1",
            "wait=0", "wait=1e9;x", "respond-async, wait", "\u0085", "a\u00a0b"),
        Gen.Int[1, 6000].Select(length => new string('7', length)),
        Gen.Int[1, 4000].Select(length => new string('%', length)),
        Gen.String[Gen.Char[' ', '~'], 0, 60],
        Gen.String[0, 20].Select(text => new string([.. text.Where(sign => !char.IsSurrogate(sign))])));

    /// <summary>Bodies that are nobody's document.</summary>
    public static readonly Gen<byte[]> Bodies = Gen.OneOf(
        Gen.Byte.Array[0, 200],
        Gen.OneOf(
            "", " ", "{", "}", "[", "{}", "{\"\":1}", "null", "0", "\"a\"", "[]", "{\"to\"}", "{\"to\":}", "{,}", "{}{}", "{} x",
            "// a\n{}", "/* */{}", "<a/>",
            "to=%2B46701740605&purpose=login", "\ufeff{}", "{\"__proto__\":{\"admin\":true}}",
            "{\"$type\":\"System.IO.FileInfo, System.IO\"}")
            .Select(System.Text.Encoding.UTF8.GetBytes),
        // UTF-16, which JSON between systems never is (RFC 8259 §8.1).
        Gen.Const(System.Text.Encoding.Unicode.GetBytes("{\"to\":\"+46701740605\",\"purpose\":\"login\"}")),
        Gen.Int[60_000, 140_000].Select(size => Ascii("{\"reference\":\"" + new string('a', size) + "\"}")),
        Gen.Int[65, 20_000].Select(depth => Ascii(string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1")));

    private static byte[] Ascii(string text) => System.Text.Encoding.ASCII.GetBytes(text);
}
