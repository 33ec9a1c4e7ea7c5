using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace FlashCall.Verification.Verifications;

/// <summary>
/// A JSON value in its canonical form (JSON Canonicalization Scheme, RFC 8785): members in the order of their UTF-16 names, numbers as
/// ECMAScript writes them, no white space, UTF-8. Two texts of one value have one form, and one hash.
/// </summary>
internal sealed class CanonicalJson
{
    private readonly StringBuilder _text = new();

    private CanonicalJson()
    {
    }

    /// <summary>The form in UTF-8.</summary>
    public byte[] Utf8 => Encoding.UTF8.GetBytes(_text.ToString());

    /// <summary>Whether every number of the form has the value that it was written with. RFC 8785 knows IEEE 754 doubles alone: of two
    /// integers beyond 2^53, or two fractions of twenty digits, that differ at their end, the form is the same.</summary>
    public bool IsExact { get; private set; } = true;

    /// <summary>The canonical form.</summary>
    /// <param name="value">A value without duplicate names.</param>
    /// <returns>Null where there is none: text that is no Unicode (a surrogate alone), or a number that no double comes near.</returns>
    public static CanonicalJson? Of(JsonElement value)
    {
        var form = new CanonicalJson();
        try
        {
            return form.TryWrite(value) ? form : null;
        }
        // The reader found text that is no Unicode: it says so in this way alone.
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>SHA-256 of the form.</summary>
    public byte[] Hash() => SHA256.HashData(Utf8);

    private bool TryWrite(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                return TryWriteObject(value);
            case JsonValueKind.Array:
                return TryWriteArray(value);
            case JsonValueKind.String:
                Write(value.GetString()!);
                return true;
            case JsonValueKind.Number:
                return TryWriteNumber(value);
            case JsonValueKind.True:
            case JsonValueKind.False:
            case JsonValueKind.Null:
                _text.Append(value.GetRawText());
                return true;
            case JsonValueKind.Undefined:
            default:
                throw new ArgumentException($"{value.ValueKind} is no JSON value.", nameof(value));
        }
    }

    private bool TryWriteObject(JsonElement value)
    {
        _text.Append('{');
        var isFirst = true;
        foreach (var member in value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
        {
            if (!isFirst)
                _text.Append(',');
            isFirst = false;
            Write(member.Name);
            _text.Append(':');
            if (!TryWrite(member.Value))
                return false;
        }
        _text.Append('}');
        return true;
    }

    private bool TryWriteArray(JsonElement value)
    {
        _text.Append('[');
        var isFirst = true;
        foreach (var item in value.EnumerateArray())
        {
            if (!isFirst)
                _text.Append(',');
            isFirst = false;
            if (!TryWrite(item))
                return false;
        }
        _text.Append(']');
        return true;
    }

    /// <summary>RFC 8785 §3.2.2.2: escaped is only what JSON does not allow as it is.</summary>
    private void Write(string text)
    {
        _text.Append('"');
        foreach (var sign in text)
        {
            switch (sign)
            {
                case '"' or '\\':
                    _text.Append('\\').Append(sign);
                    break;
                case '\b':
                    _text.Append(@"\b");
                    break;
                case '\t':
                    _text.Append(@"\t");
                    break;
                case '\n':
                    _text.Append(@"\n");
                    break;
                case '\f':
                    _text.Append(@"\f");
                    break;
                case '\r':
                    _text.Append(@"\r");
                    break;
                case < ' ':
                    _text.Append(CultureInfo.InvariantCulture, $"\\u{(int)sign:x4}");
                    break;
                default:
                    _text.Append(sign);
                    break;
            }
        }
        _text.Append('"');
    }

    private bool TryWriteNumber(JsonElement value)
    {
        var number = value.GetDouble();
        if (!double.IsFinite(number))
            return false;
        // The shortest digits that read back as the same double, which are ECMAScript's too (ECMA-262, Number::toString).
        var decimals = Decimals.Of(number.ToString("R", CultureInfo.InvariantCulture));
        IsExact &= decimals == Decimals.Of(value.GetRawText());
        _text.Append(decimals.ToEcmaScript());
        return true;
    }

    /// <summary>A number as sign, digits without zeros at either end, and where the decimal point is, counted from the first
    /// digit.</summary>
    private sealed record Decimals(bool IsNegative, string Digits, int Point)
    {
        public static Decimals Of(string number)
        {
            var isNegative = number[0] == '-';
            var mantissaEnd = number.AsSpan().IndexOfAny('e', 'E');
            var exponent = 0;
            if (mantissaEnd >= 0 && !int.TryParse(
                number.AsSpan(mantissaEnd + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent))
            {
                // No double has such an exponent: the number is nothing, or differs from whatever it is compared with.
                exponent = int.MaxValue / 2;
            }
            var mantissa = number[(isNegative ? 1 : 0)..(mantissaEnd < 0 ? number.Length : mantissaEnd)];
            var dot = mantissa.IndexOf('.', StringComparison.Ordinal);
            var digits = mantissa.Replace(".", "", StringComparison.Ordinal);
            var significant = digits.TrimStart('0');
            if (significant.Length == 0)
                return new Decimals(IsNegative: false, "0", 1);
            var point = (dot < 0 ? mantissa.Length : dot) - (digits.Length - significant.Length) + exponent;
            return new Decimals(isNegative, significant.TrimEnd('0'), point);
        }

        public string ToEcmaScript()
        {
            var text = new StringBuilder();
            if (IsNegative)
                text.Append('-');
            if (Point is > 21 or <= -6)
            {
                text.Append(Digits[0]);
                if (Digits.Length > 1)
                    text.Append('.').Append(Digits, 1, Digits.Length - 1);
                return text.Append(CultureInfo.InvariantCulture, $"e{(Point > 0 ? '+' : '-')}{Math.Abs(Point - 1)}").ToString();
            }
            if (Point <= 0)
                return text.Append("0.").Append('0', -Point).Append(Digits).ToString();
            if (Point >= Digits.Length)
                return text.Append(Digits).Append('0', Point - Digits.Length).ToString();
            return text.Append(Digits, 0, Point).Append('.').Append(Digits, Point, Digits.Length - Point).ToString();
        }
    }
}
