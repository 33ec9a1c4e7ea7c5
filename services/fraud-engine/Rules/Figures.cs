using System.Globalization;

namespace FlashCall.Fraud.Rules;

/// <summary>Figures as evidence tells them.</summary>
internal static class Figures
{
    /// <summary>A whole number in decimal digits.</summary>
    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A share in percent with one decimal.</summary>
    public static string Percent(double share) => (share * 100).ToString("0.0", CultureInfo.InvariantCulture);
}
