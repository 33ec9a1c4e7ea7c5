using System.Collections.Frozen;
using System.Text;

namespace FlashCall.Verification.Channels.FlashCalls;

/// <summary>A caller ID as a phone shows or logs it: digits of any script, spaces, dashes and brackets between them, invisible marks
/// around them, a <c>tel:</c> URI, or words where there is no number.</summary>
internal sealed record CallerIdText
{
    private const int FewestTypedDigits = 4;
    private const int MostTypedDigits = 6;

    // What phones write where the caller ID was withheld or could not be had: Android, iOS and the networks, in the languages of many
    // of their users. Numbers among them are words on a keypad (ANONYMOUS, RESTRICTED, UNAVAILABLE, UNKNOWN, BLOCKED) that gateways send
    // and that no numbering plan assigns; -1, -2 and -3 are what old call logs of Android hold.
    private static readonly FrozenSet<string> Words = new[]
    {
        "anonymous", "anonymous caller", "unknown", "unknown caller", "unknown number", "private", "private caller", "private number",
        "withheld", "withheld number", "number withheld", "caller id withheld", "restricted", "restricted number", "blocked",
        "blocked number", "hidden", "hidden number", "no caller id", "no callerid", "no number", "not available", "unavailable",
        "caller id unavailable", "number unavailable", "payphone", "null", "n/a",
        "-1", "-2", "-3", "+266696687", "266696687", "+7378742833", "+86282452253", "86282452253", "+8656696", "+2562533",
        "anonym", "unbekannt", "unbekannter anrufer", "unterdrückt", "unterdrückte nummer", "privat", "private nummer", "keine anrufer-id",
        "inconnu", "numéro inconnu", "masqué", "numéro masqué", "appel masqué", "privé", "numéro privé", "anonyme",
        "desconocido", "número desconocido", "oculto", "número oculto", "privado", "número privado", "anónimo", "sin identificador",
        "sconosciuto", "numero sconosciuto", "privato", "numero privato", "anonimo", "nascosto",
        "desconhecido", "número desconhecido", "anônimo", "confidencial", "não identificado",
        "onbekend", "onbekend nummer", "anoniem", "privénummer", "afgeschermd",
        "okänd", "okänt", "okänt nummer", "dolt nummer", "skyddat nummer", "hemligt nummer", "privat nummer",
        "ukjent", "ukjent nummer", "skjult nummer", "hemmelig nummer", "ukendt", "ukendt nummer", "hemmeligt nummer",
        "tuntematon", "tuntematon numero", "yksityinen", "yksityinen numero", "salainen numero",
        "tundmatu", "tundmatu number", "varjatud number", "nieznany", "nieznany numer", "numer prywatny", "zastrzeżony", "numer zastrzeżony",
        "ismeretlen", "ismeretlen szám", "rejtett szám", "titkos szám", "privát szám", "неизвестно", "неизвестный", "неизвестный номер",
        "номер скрыт", "скрытый номер", "номер не определен", "частный номер", "gizli numara", "bilinmeyen numara", "özel numara",
        "非通知", "非通知設定", "通知不可能", "公衆電話", "未知", "未知号码", "未知號碼", "无号码", "隐藏号码", "私人号码", "無來電顯示", "无来电显示", "不明",
        "발신번호표시제한", "발신자 표시 제한", "رقم خاص", "رقم مجهول", "غير معروف",
    }.ToFrozenSet(StringComparer.Ordinal);

    private CallerIdText(string digits, bool isInternational, bool isNumber, bool isWithheld)
    {
        Digits = digits;
        IsInternational = isInternational;
        IsNumber = isNumber;
        IsWithheld = isWithheld;
    }

    /// <summary>Its digits, as ASCII.</summary>
    public string Digits { get; }

    /// <summary>A plus sign stands before the first digit.</summary>
    public bool IsInternational { get; }

    /// <summary>Nothing in it is a letter.</summary>
    public bool IsNumber { get; }

    /// <summary>It says that there was no caller ID: nothing, zeros alone, or one of the words for it.</summary>
    public bool IsWithheld { get; }

    /// <summary>It can be the last digits of a number and no whole one: no number of ours has as few.</summary>
    public bool IsEnding => IsNumber && !IsInternational && Digits.Length is >= FewestTypedDigits and <= MostTypedDigits;

    /// <summary>Reads what a client sent.</summary>
    public static CallerIdText Of(string text)
    {
        text = OutOfUri(text);
        var digits = new StringBuilder(text.Length);
        var isInternational = false;
        var isNumber = true;
        foreach (var sign in text.EnumerateRunes())
        {
            if (Rune.IsDigit(sign))
                digits.Append((char)('0' + (int)Rune.GetNumericValue(sign)));
            else if (sign.Value is '+' or '\uFF0B')
                isInternational |= digits.Length == 0;
            else
                isNumber &= !Rune.IsLetter(sign);
        }
        var found = digits.ToString();
        return new CallerIdText(
            found, isInternational, isNumber, isWithheld: Words.Contains(Wording(text)) || (isNumber && found.All(digit => digit == '0')));
    }

    /// <summary>As a client's report.</summary>
    /// <param name="isTyped">A person typed it: four zeros are digits then, and no missing number.</param>
    public ReportedCallerId ToReport(bool isTyped) =>
        IsWithheld && !(isTyped && IsEnding) ? new ReportedCallerId.Withheld()
        : IsEnding ? new ReportedCallerId.LastDigits(Digits)
        : new ReportedCallerId.Whole(this);

    /// <summary>Says nothing of the text: it may be a stranger's number.</summary>
    public override string ToString() => nameof(CallerIdText);

    /// <summary>The number of a <c>tel:</c> URI (RFC 3966) without its parameters; any other text as it is.</summary>
    private static string OutOfUri(string text)
    {
        const string Scheme = "tel:";
        var trimmed = Visible(text);
        return trimmed.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? Uri.UnescapeDataString(trimmed[Scheme.Length..].Split(';')[0])
            : trimmed;
    }

    /// <summary>Without what cannot be seen at its ends, and the marks for the direction of writing that phones put around numbers.</summary>
    private static string Visible(string text) => string.Concat(text.EnumerateRunes()
        .Where(sign => Rune.GetUnicodeCategory(sign) is not (System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.Control))
        .Select(sign => sign.ToString())).Trim();

    /// <summary>In lower case, with single spaces, without brackets or quotes around it.</summary>
    private static string Wording(string text) => string.Join(
        ' ', text.Trim('(', ')', '<', '>', '[', ']', '"', '\'', '.').ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
