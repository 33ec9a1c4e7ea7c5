using FlashCall.Contracts;
using FlashCall.Verification.Channels;
using FlashCall.Verification.Channels.FlashCalls;
using FlashCall.Verification.Tests.Sessions;
using PhoneNumbers;
using Xunit;
using PhoneNumber = FlashCall.Contracts.PhoneNumber;

namespace FlashCall.Verification.Tests.Channels;

/// <summary>The spellings that phones show, by the country of the phone: of callers at home and abroad.</summary>
public sealed class CallerIdFormatTests
{
    /// <summary>Callee's country, caller ID, what the phone may show.</summary>
    private const string Table = """
        GB | +442079460123 | +442079460123 | 020 7946 0123 | 02079460123 | (020) 7946-0123 | 020.7946.0123 | +44 (0)20 7946 0123
        GB | +46812345678 | +46812345678 | 0046 8 12345678 | 46812345678 | 0046812345678
        IE | +442079460123 | +44 20 7946 0123 | 0044 20 7946 0123 | 0044-20-7946-0123
        SE | +442079460123 | +44 20 7946 0123 | 00442079460123 | 0044 20-794 601 23 | 020 7946 0123
        SE | +46812345678 | 08-123 456 78 | 0812345678 | 08-12 34 56 78 | +46 8 123 456 78 | +46 (0)8-123 456 78 | 0046812345678
        US | +12125550123 | (212) 555-0123 | 212-555-0123 | 1-212-555-0123 | +1 212-555-0123 | 12125550123 | 2125550123 | 212.555.0123
        US | +442079460123 | 011 44 20 7946 0123 | +44 20 7946 0123 | 011442079460123 | 442079460123 | 011-44-20-7946-0123
        CA | +12125550123 | 1 (212) 555-0123 | 2125550123 | +12125550123
        CA | +33145678901 | 011 33 1 45 67 89 01 | +33145678901
        IT | +390669812345 | 06 6981 2345 | 0669812345 | +39 06 6981 2345 | 0039 06 69812345 | 39 06 6981 2345
        IT | +442079460123 | 0044 20 7946 0123 | +442079460123
        SE | +390669812345 | +39 06 6981 2345 | 00390669812345 | 06 6981 2345
        FR | +33145678901 | 01 45 67 89 01 | 0145678901 | +33 1 45 67 89 01 | 0033 1 45 67 89 01 | 01.45.67.89.01
        FR | +442079460123 | 00 44 20 7946 0123
        DE | +493012345678 | 030 12345678 | 030/12345678 | +49 (30) 12345678 | +49 30 12345678 | 0049 30 12345678 | +49 (0)30 12345678
        DE | +12125550123 | 001 212 555 0123 | +1 212 555-0123 | 0012125550123
        IN | +918041234567 | 080 4123 4567 | 08041234567 | +91 80 4123 4567 | 00918041234567 | 80 4123 4567
        IN | +442079460123 | +442079460123 | 00442079460123
        JP | +81312345678 | 03-1234-5678 | 0312345678 | +81 3-1234-5678 | 010 81 3 1234 5678
        JP | +442079460123 | 010 44 20 7946 0123 | 010442079460123 | +44-20-7946-0123
        CN | +862112345678 | 021-12345678 | 021 1234 5678 | +86 21 1234 5678 | 0086 21 12345678 | 862112345678
        CN | +442079460123 | 0044 20 7946 0123 | +442079460123
        AU | +61291234567 | (02) 9123 4567 | 0291234567 | +61 2 9123 4567 | 0011 61 2 9123 4567
        AU | +442079460123 | 0011 44 20 7946 0123 | 0011442079460123 | +442079460123
        ZA | +27211234567 | 021 123 4567 | 0211234567 | +27 21 123 4567 | 0027211234567
        NG | +23412345678 | 01 234 5678 | 012345678 | +234 1 234 5678 | 009 234 1 234 5678
        NG | +442079460123 | 009 44 20 7946 0123 | 00442079460123 | +442079460123
        KE | +254202345678 | 020 2345678 | 0202345678 | +254 20 2345678
        KE | +442079460123 | 000 44 20 7946 0123 | +44 20 7946 0123
        PL | +48221234567 | 22 123 45 67 | 221234567 | +48 22 123 45 67 | 0048221234567
        ES | +34911234567 | 911 23 45 67 | 911234567 | +34 911 23 45 67 | 0034 911234567
        NO | +4721234567 | 21 23 45 67 | 21234567 | +47 21 23 45 67 | 0047 21234567 | 4721234567
        DK | +4532123456 | 32 12 34 56 | 32123456 | +45 32 12 34 56 | 004532123456
        EE | +3726123456 | 612 3456 | 6123456 | +372 612 3456 | 00372 6123456
        SG | +6561234567 | 6123 4567 | 61234567 | +65 6123 4567 | 6561234567
        SG | +442079460123 | 001 44 20 7946 0123 | 019 44 20 7946 0123 | 008442079460123 | +442079460123
        HK | +85221234567 | 2123 4567 | 21234567 | +852 2123 4567
        HK | +442079460123 | 001 44 20 7946 0123 | 0060 44 20 7946 0123 | +442079460123
        BR | +551130123456 | (11) 3012-3456 | 011 3012-3456 | 0 15 11 3012-3456 | 01511 30123456 | 0 21 11 30123456 | +55 11 3012-3456
        BR | +442079460123 | 00 21 44 20 7946 0123 | 0015442079460123 | +44 20 7946 0123
        AR | +5491123456789 | 011 15-2345-6789 | +54 9 11 2345-6789 | +54 11 2345-6789 | 00 54 9 11 2345 6789 | 11 2345-6789
        AR | +541143210987 | 011 4321-0987 | (011) 4321-0987 | +54 11 4321-0987 | +54 9 11 4321-0987 | 541143210987
        UY | +5491123456789 | 00 54 9 11 2345 6789 | 00541123456789
        MX | +525512345678 | 55 1234 5678 | 5512345678 | +52 55 1234 5678 | +52 1 55 1234 5678 | 0052 55 1234 5678 | 52 1 55 1234 5678
        MX | +12125550123 | 001 212 555 0123 | 00 1 212 555 0123 | +12125550123
        RU | +74951234567 | 8 (495) 123-45-67 | 84951234567 | +7 495 123-45-67 | 7 495 1234567 | 4951234567
        RU | +442079460123 | 810 44 20 7946 0123 | 8~10 44 20 7946 0123 | +442079460123
        HU | +3612345678 | 06 1 234 5678 | 0612345678 | (06 1) 234-5678 | +36 1 234 5678 | 003612345678
        HU | +442079460123 | 0044 20 7946 0123
        KR | +8221234567 | 02-123-4567 | 021234567 | +82 2-123-4567
        KR | +442079460123 | 00700 44 20 7946 0123 | 001 44 20 7946 0123 | 002442079460123
        NL | +31201234567 | 020 123 4567 | 0201234567 | +31 20 123 4567
        CH | +41441234567 | 044 123 45 67 | 0441234567 | +41 44 123 45 67
        TR | +902121234567 | 0212 123 45 67 | (0212) 123 45 67 | +90 212 123 45 67
        PT | +351211234567 | 21 123 4567 | 211234567 | +351 21 123 4567
        """;

    /// <summary>As call logs of Android and iOS, and what apps make of them, dress a number up.</summary>
    public static TheoryData<string> Dresses =>
    [
        "{0}", "\u202A{0}\u202C", "\u200E{0}", "\u2066{0}\u2069", "  {0}\t", "\uFEFF{0}", "\u00A0{0}\u00A0", "tel:{0}", "TEL:{0};phone-context=example.org",
    ];

    public static TheoryData<string, string, string> Rows
    {
        get
        {
            var rows = new TheoryData<string, string, string>();
            foreach (var line in Table.Split('\n', StringSplitOptions.TrimEntries))
            {
                var cells = line.Split('|', StringSplitOptions.TrimEntries);
                foreach (var shown in cells[2..])
                    rows.Add(cells[0], cells[1], shown);
            }
            return rows;
        }
    }

    [Fact]
    public void The_table_has_phones_of_more_than_twenty_countries() =>
        Assert.True(Rows.Select(row => row.Data.Item1).Distinct(StringComparer.Ordinal).Count() > 20);

    [Theory]
    [MemberData(nameof(Rows))]
    public void What_a_phone_shows_is_the_caller_id(string country, string callerId, string shown)
    {
        foreach (var hidden in (int[])[3, 4, 6])
            Assert.IsType<Judgement.Match>(Judge(shown, callerId, country, hidden));
        foreach (var space in (char[])['\u00A0', '\u202F', '\u2009', '\u3000'])
            Assert.IsType<Judgement.Match>(Judge(shown.Replace(' ', space), callerId, country));
        foreach (var dash in (char[])['\u2010', '\u2011', '\u2013', '\u2212', '\uFF0D'])
            Assert.IsType<Judgement.Match>(Judge(shown.Replace('-', dash), callerId, country));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void One_digit_off_is_another_number(string country, string callerId, string shown)
    {
        var places = Enumerable.Range(0, shown.Length).Where(place => char.IsAsciiDigit(shown[place])).TakeLast(6);
        foreach (var place in places)
        {
            foreach (var digit in "0123456789".Where(digit => digit != shown[place]))
            {
                var other = string.Concat(shown.AsSpan(0, place), [digit], shown.AsSpan(place + 1));
                Assert.IsType<Judgement.NoMatch>(Judge(other, callerId, country));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Another_number_of_the_pool_is_another_number(string country, string callerId, string shown)
    {
        var last = int.Parse(callerId[^4..], System.Globalization.CultureInfo.InvariantCulture);
        foreach (var step in (int[])[1, 9, 10, 100, 1_000, 5_000])
        {
            var other = string.Concat(callerId.AsSpan(0, callerId.Length - 4), $"{(last + step) % 10_000:D4}");
            Assert.Equal(new Judgement.NoMatch(), Judge(shown, other, country, hidden: 4));
        }
    }

    [Theory]
    [MemberData(nameof(Dresses))]
    public void However_it_is_dressed_up(string dress)
    {
        foreach (var shown in (string[])["+442079460123", "+44 20 7946 0123", "0044 20 7946 0123", "020 7946 0123"])
        {
            Assert.IsType<Judgement.Match>(Judge(dress.Replace("{0}", shown, StringComparison.Ordinal), "+442079460123", "SE"));
            Assert.IsType<Judgement.NoMatch>(Judge(dress.Replace("{0}", shown[..^1] + "4", StringComparison.Ordinal), "+442079460123", "SE"));
        }
    }

    [Theory]
    [InlineData("٠٠٤٤٢٠٧٩٤٦٠١٢٣")]
    [InlineData("+٤٤ ٢٠ ٧٩٤٦ ٠١٢٣")]
    [InlineData("۰۰۴۴۲۰۷۹۴۶۰۱۲۳")]
    [InlineData("+४४ २० ७९४६ ०१२३")]
    [InlineData("＋４４　２０　７９４６　０１２３")]
    [InlineData("\u200F\u202A+44 20 7946 0123\u202C\u200F")]
    [InlineData("tel:%2B442079460123")]
    [InlineData("+4\u200B4\u200B2\u200B0\u200B7946\u200B0123")]
    public void Digits_of_any_script_are_digits(string shown) => Assert.IsType<Judgement.Match>(Judge(shown, "+442079460123", "EG"));

    [Theory]
    [InlineData("+42079460123")]
    [InlineData("+1 442079460123")]
    [InlineData("99442079460123")]
    [InlineData("+0442079460123")]
    [InlineData("+44442079460123")]
    [InlineData("1020 7946 0123")]
    public void More_or_fewer_digits_than_a_spelling_has_are_another_number(string shown) =>
        Assert.IsType<Judgement.NoMatch>(Judge(shown, "+442079460123", "SE"));

    [Theory]
    [InlineData("+46701740605", "caller_id_rewritten")]
    [InlineData("+44 20 7945 0123", "caller_id_rewritten")]
    [InlineData("0800 123 456", "caller_id_rewritten")]
    [InlineData("+442079469999", null)]
    [InlineData("020 7946 9999", null)]
    public void A_number_that_does_not_begin_as_was_told_was_changed_or_is_another_call(string shown, string? reason) =>
        Assert.Equal(new Judgement.NoMatch(reason), Judge(shown, "+442079460123", "SE"));

    /// <summary>The work must not tell where a guess was right: what is compared follows from what the client knows.</summary>
    [Fact]
    public void A_text_has_the_same_readings_whichever_number_of_the_prefix_rang()
    {
        var readings = CallerIdReadings.Of(CallerIdText.Of("020 7946 0123"), "+44207946", 13, "SE");
        var ofAnother = CallerIdReadings.Of(CallerIdText.Of("020 7946 9876"), "+44207946", 13, "SE");

        Assert.Contains("+442079460123", readings);
        Assert.Equal(readings.Count, ofAnother.Count);
        Assert.All(readings, reading => Assert.StartsWith("+", reading, StringComparison.Ordinal));
    }

    private static Judgement Judge(string shown, string callerId, string country, int hidden = 4) => CallerIdMatch.Judge(
        CallerIdText.Of(shown),
        Usual.Leased with { CallerId = CallerId.Parse(callerId), DisclosedPrefix = callerId[..^hidden] },
        PhoneOf(country));

    private static PhoneNumber PhoneOf(string country)
    {
        var numbering = PhoneNumberUtil.GetInstance();
        return PhoneNumber.Parse(numbering.Format(numbering.GetExampleNumberForType(country, PhoneNumberType.MOBILE), PhoneNumberFormat.E164));
    }
}
