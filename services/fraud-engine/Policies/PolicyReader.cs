using System.Collections.Immutable;
using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using PhoneNumbers;

namespace FlashCall.Fraud.Policies;

/// <summary>Reads a policy's document, all of it, and names every mistake.</summary>
internal static partial class PolicyReader
{
    private const int Day = 86_400;
    private const int LongestWindow = 30 * Day;
    private const int MostEntries = 2000;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };
    private static readonly HashSet<string> Regions = PhoneNumberUtil.GetInstance().GetSupportedRegions();
    private static readonly Dictionary<string, Purpose> Purposes = Words<Purpose>();
    private static readonly Dictionary<string, LineType> LineTypes = Words<LineType>();

    private static readonly Dictionary<string, SubjectKind> VelocitySubjects = new(StringComparer.Ordinal)
    {
        ["number"] = SubjectKind.Number,
        ["address"] = SubjectKind.Address,
        ["network"] = SubjectKind.Network,
        ["device"] = SubjectKind.Device,
        ["prefix"] = SubjectKind.Prefix,
        ["application"] = SubjectKind.Application,
    };

    /// <summary>Reads a document.</summary>
    /// <param name="utf8">JSON.</param>
    /// <param name="mistakes">What is wrong; empty if nothing is.</param>
    /// <returns>The document, or null if there are mistakes.</returns>
    public static PolicyDocument? Read(ReadOnlyMemory<byte> utf8, out IReadOnlyList<PolicyMistake> mistakes)
    {
        try
        {
            using var json = JsonDocument.Parse(utf8, Strict);
            return Read(json.RootElement, out mistakes);
        }
        catch (JsonException exception)
        {
            mistakes =
            [
                new PolicyMistake("$", $"is no JSON, nested too deep, or has a field twice (line {exception.LineNumber + 1}, "
                    + $"byte {exception.BytePositionInLine}). See docs/fraud-policy.schema.json."),
            ];
            return null;
        }
    }

    private static PolicyDocument? Read(JsonElement json, out IReadOnlyList<PolicyMistake> mistakes)
    {
        var found = new List<PolicyMistake>();
        mistakes = found;
        var root = new PolicyField(json, "$", found).Object(
            "shadow", "shadowRules", "thresholds", "purposes", "destinations", "ranges", "lineTypes", "velocity", "liveSession",
            "numberSequence", "numberBlock", "deviceNumbers", "conversion", "answeredRate", "addressCountry", "wrongReports",
            "refusedClients", "spend", "blocks");
        var usual = new PolicyDocument();
        var document = new PolicyDocument
        {
            Shadow = root["shadow"].Bool(usual.Shadow),
            ShadowRules = root["shadowRules"].IsGiven ? RulesIn(root["shadowRules"]) : usual.ShadowRules,
            Thresholds = ThresholdsIn(root["thresholds"], usual.Thresholds),
            Purposes = root["purposes"].IsGiven ? PurposesIn(root["purposes"], usual.Thresholds) : usual.Purposes,
            Destinations = DestinationsIn(root["destinations"]),
            Ranges = root["ranges"].IsGiven ? RangesIn(root["ranges"]) : usual.Ranges,
            LineTypes = LineTypesIn(root["lineTypes"], usual.LineTypes),
            Velocity = root["velocity"].IsGiven ? VelocityIn(root["velocity"]) : usual.Velocity,
            LiveSession = Rule(root["liveSession"], usual.LiveSession!, LiveSessionIn),
            NumberSequence = Rule(root["numberSequence"], usual.NumberSequence!, NumberSequenceIn),
            NumberBlock = root["numberBlock"].IsGiven ? NumberBlockIn(root["numberBlock"]) : usual.NumberBlock,
            DeviceNumbers = root["deviceNumbers"].IsGiven ? DeviceNumbersIn(root["deviceNumbers"]) : usual.DeviceNumbers,
            Conversion = Rule(root["conversion"], usual.Conversion!, ConversionIn),
            AnsweredRate = Rule(root["answeredRate"], usual.AnsweredRate!, AnsweredRateIn),
            AddressCountry = Rule(root["addressCountry"], usual.AddressCountry!, AddressCountryIn),
            WrongReports = Rule(root["wrongReports"], usual.WrongReports!, WrongReportsIn),
            RefusedClients = Rule(root["refusedClients"], usual.RefusedClients!, RefusedClientsIn),
            Spend = Rule(root["spend"], usual.Spend!, SpendIn),
            Blocks = BlocksIn(root["blocks"], usual.Blocks),
        };
        return found.Count == 0 ? document : null;
    }

    private static ImmutableSortedSet<string> RulesIn(PolicyField field) =>
        [.. field.Items("a list of names of rules").Select(
            item => item.Text(null, RuleBook.Names.Contains, $"Give a rule's name: {string.Join(", ", RuleBook.Names)}."))];

    private static Thresholds ThresholdsIn(PolicyField field, Thresholds usual)
    {
        field.Object("challenge", "block");
        var challenge = field["challenge"].Int(usual.Challenge, 1, 100);
        var block = field["block"].Int(usual.Block, 1, 100);
        if (challenge > block)
            field["challenge"].Refuse($"is {challenge} and block {block}. The first may not be above the second.");
        return new Thresholds(challenge, block);
    }

    private static ImmutableSortedDictionary<Purpose, PurposeWeights> PurposesIn(PolicyField field, Thresholds usual) => ByPurpose(
        field, own =>
        {
            own.Object("thresholds", "weights");
            var weights = ImmutableSortedDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
            foreach (var (rule, weight) in own["weights"].Members("an object of rules and percentages"))
            {
                if (RuleBook.Names.Contains(rule))
                    weights[rule] = weight.Int(100, 0, 300);
                else
                    weight.Refuse($"is no rule. Known: {string.Join(", ", RuleBook.Names)}.");
            }
            var thresholds = own["thresholds"];
            return new PurposeWeights(
                thresholds is { IsGiven: true, IsNull: false } ? ThresholdsIn(thresholds, usual) : null, weights.ToImmutable());
        });

    private static ImmutableSortedDictionary<Purpose, T> ByPurpose<T>(PolicyField field, Func<PolicyField, T> read)
    {
        var all = ImmutableSortedDictionary.CreateBuilder<Purpose, T>();
        foreach (var (name, own) in field.Members("an object with purposes as names"))
        {
            if (Purposes.TryGetValue(name, out var purpose))
                all[purpose] = read(own);
            else
                own.Refuse($"is no purpose. Known: {string.Join(", ", Purposes.Keys)}.");
        }
        return all.ToImmutable();
    }

    private static DestinationLists DestinationsIn(PolicyField field)
    {
        field.Object("allowed", "purposes", "applications");
        var applications = ImmutableSortedDictionary.CreateBuilder<string, ApplicationDestinations>(StringComparer.OrdinalIgnoreCase);
        foreach (var (id, own) in field["applications"].Members("an object with application ids as names"))
        {
            own.Object("allowed", "purposes");
            if (applications.ContainsKey(id))
                own.Refuse("names an application twice: ids are compared without regard to case.");
            applications[id] = new ApplicationDestinations(
                own["allowed"] is { IsGiven: true, IsNull: false } list ? CountriesIn(list) : null,
                ByPurpose(own["purposes"], CountriesIn));
        }
        return new DestinationLists
        {
            Allowed = CountriesIn(field["allowed"]),
            Purposes = ByPurpose(field["purposes"], CountriesIn),
            Applications = applications.ToImmutable(),
        };
    }

    private static ImmutableSortedSet<string> CountriesIn(PolicyField field) => field
        .Items("a list of ISO 3166-1 countries, such as [\"SE\", \"GB\"]")
        .Select(item => item.Text(null, Regions.Contains, "Give an ISO 3166-1 country in two capital letters, such as SE."))
        .ToImmutableSortedSet(StringComparer.Ordinal);

    private static ImmutableArray<NumberRange> RangesIn(PolicyField field) =>
    [
        .. AtMost(field, "a list of ranges").Select(item =>
        {
            item.Object("prefix", "kind");
            return new NumberRange(
                item["prefix"].Text(null, text => IsPrefix(text) && text.Length > 1, "Give + and 1 to 15 digits, such as +8816."),
                item["kind"].Text(null, text => text.Length is >= 1 and <= 100,
                    "Give what it is in 1 to 100 characters, as it goes on after 'This is': a satellite phone."));
        }),
    ];

    private static ImmutableSortedDictionary<LineType, int> LineTypesIn(
        PolicyField field, ImmutableSortedDictionary<LineType, int> usual)
    {
        foreach (var (name, weight) in field.Members("an object with line types as names"))
        {
            if (LineTypes.TryGetValue(name, out var type))
                usual = usual.SetItem(type, weight.Int(0, 0, 100));
            else
                weight.Refuse($"is no line type. Known: {string.Join(", ", LineTypes.Keys)}.");
        }
        return usual;
    }

    private static ImmutableArray<VelocityLimit> VelocityIn(PolicyField field)
    {
        var limits = new List<VelocityLimit>();
        foreach (var item in AtMost(field, "a list of limits"))
        {
            item.Object("subject", "limit", "windowSeconds", "prefixDigits", "timesUsual");
            var subject = VelocitySubjects.GetValueOrDefault(item["subject"].Text(
                null, VelocitySubjects.ContainsKey, $"Give one of: {string.Join(", ", VelocitySubjects.Keys)}."), SubjectKind.Number);
            var digits = subject is SubjectKind.Prefix ? item["prefixDigits"].Required(4, 7) : item["prefixDigits"].Int(0, 0, 0);
            var limit = new VelocityLimit(
                subject, item["limit"].Required(1, 1_000_000), item["windowSeconds"].Required(1, LongestWindow), digits,
                item["timesUsual"].Int(0, 0, 100));
            if (limits.Exists(other => (other.Subject, other.WindowSeconds, other.PrefixDigits)
                == (limit.Subject, limit.WindowSeconds, limit.PrefixDigits)))
            {
                item["windowSeconds"].Refuse("is that of another limit of the same subject. Give each window once.");
            }
            limits.Add(limit);
        }
        return [.. limits];
    }

    private static T? Rule<T>(PolicyField field, T usual, Func<PolicyField, T, T> read)
        where T : class => field.IsNull ? null : read(field, usual);

    private static IEnumerable<PolicyField> AtMost(PolicyField field, string form)
    {
        var items = field.Items(form).ToArray();
        if (items.Length <= MostEntries)
            return items;
        field.Refuse($"has {items.Length} entries. Give at most {MostEntries}.");
        return [];
    }

    private static bool IsPrefix(string text) =>
        text.Length is >= 1 and <= 16 && text[0] == '+' && text.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0;

    private static Dictionary<string, T> Words<T>()
        where T : struct, Enum => Enum.GetValues<T>().ToDictionary(
            value => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()), StringComparer.Ordinal);
}
