using System.Globalization;

namespace FlashCall.Cli.Export;

/// <summary>Times as they stand in files.</summary>
internal static class ExportTime
{
    /// <summary>RFC 3339 in UTC, to the microsecond.</summary>
    public static string Text(DateTime time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
