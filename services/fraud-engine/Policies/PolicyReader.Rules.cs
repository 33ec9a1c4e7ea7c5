using System.Collections.Immutable;

namespace FlashCall.Fraud.Policies;

/// <summary>The parts that set one rule each.</summary>
internal static partial class PolicyReader
{
    private static LiveSessionSettings LiveSessionIn(PolicyField field, LiveSessionSettings usual)
    {
        field.Object("windowSeconds", "weight");
        return new LiveSessionSettings(
            field["windowSeconds"].Int(usual.WindowSeconds, 10, 3600), field["weight"].Int(usual.Weight, 0, 100));
    }

    private static NumberSequenceSettings NumberSequenceIn(PolicyField field, NumberSequenceSettings usual)
    {
        field.Object("windowSeconds", "neighbours", "weight");
        return new NumberSequenceSettings(
            field["windowSeconds"].Int(usual.WindowSeconds, 60, Day), field["neighbours"].Int(usual.Neighbours, 1, 6),
            field["weight"].Int(usual.Weight, 0, 100));
    }

    private static ImmutableArray<NumberBlockLimit> NumberBlockIn(PolicyField field)
    {
        var limits = new List<NumberBlockLimit>();
        foreach (var item in AtMost(field, "a list of limits"))
        {
            item.Object("digits", "limit", "windowSeconds");
            var limit = new NumberBlockLimit(
                item["digits"].Required(2, 3), item["limit"].Required(1, 1000), item["windowSeconds"].Required(60, 2 * Day));
            if (limits.Exists(other => (other.Digits, other.WindowSeconds) == (limit.Digits, limit.WindowSeconds)))
                item["windowSeconds"].Refuse("is that of another limit with the same digits. Give each window once.");
            limits.Add(limit);
        }
        return [.. limits];
    }

    private static ImmutableArray<DeviceLimit> DeviceNumbersIn(PolicyField field)
    {
        var limits = new List<DeviceLimit>();
        foreach (var item in AtMost(field, "a list of limits"))
        {
            item.Object("limit", "windowSeconds");
            var limit = new DeviceLimit(item["limit"].Required(1, 1000), item["windowSeconds"].Required(60, 2 * Day));
            if (limits.Exists(other => other.WindowSeconds == limit.WindowSeconds))
                item["windowSeconds"].Refuse("is that of another limit. Give each window once.");
            limits.Add(limit);
        }
        return [.. limits];
    }

    private static ConversionSettings ConversionIn(PolicyField field, ConversionSettings usual)
    {
        field.Object(
            "usualPercent", "lowPercent", "deviations", "leastRequests", "lagSeconds", "windowsSeconds", "prefixDigits",
            "applicationWeight");
        return new ConversionSettings
        {
            UsualPercent = field["usualPercent"].Int(usual.UsualPercent, 1, 100),
            LowPercent = field["lowPercent"].Int(usual.LowPercent, 1, 100),
            Deviations = field["deviations"].Double(usual.Deviations, 1, 6),
            LeastRequests = field["leastRequests"].Int(usual.LeastRequests, 2, 10_000),
            LagSeconds = field["lagSeconds"].Int(usual.LagSeconds, 1, 600),
            WindowsSeconds = WindowsIn(field["windowsSeconds"], usual.WindowsSeconds),
            PrefixDigits = DigitsIn(field["prefixDigits"], usual.PrefixDigits),
            ApplicationWeight = field["applicationWeight"].Int(usual.ApplicationWeight, 0, 99),
        };
    }

    private static AnsweredRateSettings AnsweredRateIn(PolicyField field, AnsweredRateSettings usual)
    {
        field.Object("usualPercent", "timesUsual", "deviations", "leastCalls", "windowsSeconds", "prefixDigits");
        return new AnsweredRateSettings
        {
            UsualPercent = field["usualPercent"].Int(usual.UsualPercent, 1, 100),
            TimesUsual = field["timesUsual"].Int(usual.TimesUsual, 2, 100),
            Deviations = field["deviations"].Double(usual.Deviations, 1, 6),
            LeastCalls = field["leastCalls"].Int(usual.LeastCalls, 2, 10_000),
            WindowsSeconds = WindowsIn(field["windowsSeconds"], usual.WindowsSeconds),
            PrefixDigits = DigitsIn(field["prefixDigits"], usual.PrefixDigits),
        };
    }

    private static AddressCountrySettings AddressCountryIn(PolicyField field, AddressCountrySettings usual)
    {
        field.Object("weight");
        return new AddressCountrySettings(field["weight"].Int(usual.Weight, 0, 100));
    }

    private static WrongReportsSettings WrongReportsIn(PolicyField field, WrongReportsSettings usual)
    {
        field.Object("windowSeconds", "perNumber", "perDevice", "perAddress", "perNetwork");
        return new WrongReportsSettings(
            field["windowSeconds"].Int(usual.WindowSeconds, 60, 2 * Day), field["perNumber"].Int(usual.PerNumber, 1, 1000),
            field["perDevice"].Int(usual.PerDevice, 1, 1000), field["perAddress"].Int(usual.PerAddress, 1, 1000),
            field["perNetwork"].Int(usual.PerNetwork, 1, 1000));
    }

    private static RefusedClientsSettings RefusedClientsIn(PolicyField field, RefusedClientsSettings usual)
    {
        field.Object("leastRefused", "percent", "deviations", "windowsSeconds");
        return new RefusedClientsSettings
        {
            LeastRefused = field["leastRefused"].Int(usual.LeastRefused, 1, 1000),
            Percent = field["percent"].Int(usual.Percent, 1, 100),
            Deviations = field["deviations"].Double(usual.Deviations, 0.5, 6),
            WindowsSeconds = WindowsIn(field["windowsSeconds"], usual.WindowsSeconds),
        };
    }

    private static SpendSettings SpendIn(PolicyField field, SpendSettings usual)
    {
        const long Most = 1_000_000_000_000_000;
        field.Object("currency", "prices", "capMicros", "applications");
        var prices = new List<CallPrice>();
        foreach (var item in AtMost(field["prices"], "a list of prices"))
        {
            item.Object("prefix", "attemptMicros", "answeredMicros");
            var prefix = item["prefix"].Text(null, IsPrefix, "Give + and 1 to 15 digits, such as +44, or + alone for all numbers.");
            if (prices.Exists(other => other.Prefix == prefix))
                item["prefix"].Refuse($"is given twice. Give {prefix} once.");
            prices.Add(new CallPrice(prefix, item["attemptMicros"].Long(0, 0, Most), item["answeredMicros"].Long(0, 0, Most)));
        }
        var applications = ImmutableSortedDictionary.CreateBuilder<string, long>(StringComparer.OrdinalIgnoreCase);
        foreach (var (id, cap) in field["applications"].Members("an object with application ids as names and caps as values"))
        {
            if (applications.ContainsKey(id))
                cap.Refuse("names an application twice: ids are compared without regard to case.");
            applications[id] = cap.Long(0, 0, Most);
        }
        return new SpendSettings
        {
            Currency = field["currency"].Text(usual.Currency, text => text.Length == 3 && text.All(char.IsAsciiLetterUpper),
                "Give three capital letters as ISO 4217 has them, such as EUR."),
            Prices = [.. prices],
            CapMicros = field["capMicros"] is { IsGiven: true, IsNull: false } all ? all.Long(0, 0, Most) : null,
            Applications = applications.ToImmutable(),
        };
    }

    private static BlockSettings BlocksIn(PolicyField field, BlockSettings usual)
    {
        field.Object("firstSeconds", "longestSeconds", "memorySeconds", "probationRequests");
        var first = field["firstSeconds"].Int(usual.FirstSeconds, 300, 43_200);
        var longest = field["longestSeconds"].Int(usual.LongestSeconds, 300, 43_200);
        if (first > longest)
            field["firstSeconds"].Refuse($"is {first} and longestSeconds {longest}. The first may not be above the second.");
        return new BlockSettings(
            first, longest, field["memorySeconds"].Int(usual.MemorySeconds, 300, 7 * Day),
            field["probationRequests"].Int(usual.ProbationRequests, 2, 100));
    }

    private static ImmutableArray<int> WindowsIn(PolicyField field, ImmutableArray<int> usual) =>
        IntsIn(field, usual, "a list of 1 to 4 windows in seconds, the shortest first", 60, 2 * Day, (last, next) => next > last);

    private static ImmutableArray<int> DigitsIn(PolicyField field, ImmutableArray<int> usual) =>
        IntsIn(field, usual, "a list of 1 to 4 numbers of digits, the largest first", 4, 7, (last, next) => next < last);

    private static ImmutableArray<int> IntsIn(
        PolicyField field, ImmutableArray<int> usual, string form, int lowest, int highest, Func<int, int, bool> follows)
    {
        if (!field.IsGiven)
            return usual;
        var all = field.Items(form).Select(item => item.Int(lowest, lowest, highest)).ToImmutableArray();
        if (all.Length is < 1 or > 4 || all.Zip(all.Skip(1)).Any(pair => !follows(pair.First, pair.Second)))
        {
            field.Refuse($"is not in order, or has too few or too many. Give {form}.");
            return usual;
        }
        return all;
    }
}
