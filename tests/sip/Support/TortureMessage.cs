using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace FlashCall.Sip.Tests;

/// <summary>
/// The messages of RFC 4475, byte for byte those of the archive in its appendix A, written with the RFC's marks for what paper cannot show
/// (§2): <c>&lt;allOneLine&gt;</c>, <c>&lt;repeat count=N&gt;</c> and <c>&lt;hex&gt;</c>.
/// </summary>
internal static partial class TortureMessage
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Torture");

    /// <summary>Their names, as the RFC has them.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Directory.GetFiles(Folder).Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    /// <summary>The message as it goes over the wire.</summary>
    public static byte[] Read(string name)
    {
        var text = File.ReadAllText(Path.Combine(Folder, $"{name}.txt"));
        text = AllOneLine().Replace(text, match => $"{match.Groups["lines"].Value.Replace("\n", "", StringComparison.Ordinal)}\n");
        text = Repeat().Replace(text, match => string.Concat(
            Enumerable.Repeat(match.Groups["what"].Value, int.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture))));
        text = text.Replace("\n", "\r\n", StringComparison.Ordinal);
        var bytes = new List<byte>();
        var from = 0;
        foreach (Match match in Hex().Matches(text))
        {
            bytes.AddRange(Encoding.ASCII.GetBytes(text[from..match.Index]));
            bytes.AddRange(Convert.FromHexString(match.Groups["digits"].Value));
            from = match.Index + match.Length;
        }
        return [.. bytes, .. Encoding.ASCII.GetBytes(text[from..])];
    }

    [GeneratedRegex("<allOneLine>\n(?<lines>.*?)</allOneLine>\n", RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AllOneLine();

    [GeneratedRegex("<repeat count=(?<count>[0-9]+)>(?<what>.*?)</repeat>", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Repeat();

    [GeneratedRegex("<hex>(?<digits>[0-9A-F]*)</hex>", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Hex();
}
