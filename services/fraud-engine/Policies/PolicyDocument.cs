using System.Collections.Immutable;
using FlashCall.Contracts;
using FlashCall.Fraud.Counting;

namespace FlashCall.Fraud.Policies;

/// <summary>
/// A policy as operators write it, read and found right. What a document leaves out has the value shown here;
/// <c>null</c> for a rule's part switches the rule off. docs/fraud.md explains each field, docs/fraud-policy.schema.json is its JSON
/// schema.
/// </summary>
internal sealed record PolicyDocument
{
    /// <summary>Recorded, not enforced: every verdict is allow.</summary>
    public bool Shadow { get; init; }

    /// <summary>Rules that are recorded, not enforced, by name.</summary>
    public ImmutableSortedSet<string> ShadowRules { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>From which score on a request is challenged or blocked.</summary>
    public Thresholds Thresholds { get; init; } = new(50, 80);

    /// <summary>How purposes differ.</summary>
    public ImmutableSortedDictionary<Purpose, PurposeWeights> Purposes { get; init; } =
        ImmutableSortedDictionary.CreateRange(new Dictionary<Purpose, PurposeWeights>
        {
            // A new account is what is farmed; who signs in to an account that exists travels and shares addresses.
            [Purpose.Onboarding] = new(null, Weights(("address_country", 150), ("device_numbers", 120))),
            [Purpose.Login] = new(null, Weights(("address_country", 50), ("live_session", 50))),
            [Purpose.LeadValidation] = new(null, Weights(("line_type", 120))),
            [Purpose.Kyc] = new(new(40, 80), Weights(("line_type", 150), ("address_country", 150))),
            [Purpose.Transaction] = new(new(40, 80), Weights(("live_session", 50))),
        });

    /// <summary>Which countries may be rung; none unless listed.</summary>
    public DestinationLists Destinations { get; init; } = new();

    /// <summary>Ranges that are never rung, beside what the numbering plan says of a number.</summary>
    public ImmutableArray<NumberRange> Ranges { get; init; } =
    [
        // Global satellite systems and international networks (ITU-T E.164.1): mobile or Internet telephony by the numbering plan, and
        // several euros a minute.
        new("+870", "a satellite phone"), new("+881", "a satellite phone"), new("+882", "an international network"),
        new("+883", "an international network"), new("+979", "an international premium-rate number"),
    ];

    /// <summary>What each kind of line weighs, 0 to 100; 100 is never rung.</summary>
    public ImmutableSortedDictionary<LineType, int> LineTypes { get; init; } =
        ImmutableSortedDictionary.CreateRange(new Dictionary<LineType, int>
        {
            [LineType.Unknown] = 30,
            [LineType.Mobile] = 0,
            [LineType.FixedLine] = 0,
            [LineType.FixedLineOrMobile] = 0,
            [LineType.Voip] = 40,
            [LineType.PersonalNumber] = 40,
            [LineType.TollFree] = 100,
            [LineType.PremiumRate] = 100,
            [LineType.SharedCost] = 100,
            [LineType.Pager] = 100,
            [LineType.UniversalAccess] = 100,
            [LineType.Voicemail] = 100,
        });

    /// <summary>How often.</summary>
    public ImmutableArray<VelocityLimit> Velocity { get; init; } = VelocityLimit.Usual;

    /// <summary>Rule <c>live_session</c>.</summary>
    public LiveSessionSettings? LiveSession { get; init; } = new();

    /// <summary>Rule <c>number_sequence</c>.</summary>
    public NumberSequenceSettings? NumberSequence { get; init; } = new();

    /// <summary>Rule <c>number_block</c>.</summary>
    public ImmutableArray<NumberBlockLimit> NumberBlock { get; init; } = [new(2, 6, 3600), new(3, 15, 3600)];

    /// <summary>Rule <c>device_numbers</c>: how many different numbers a device may ask for.</summary>
    public ImmutableArray<DeviceLimit> DeviceNumbers { get; init; } = [new(5, 86_400)];

    /// <summary>Rule <c>conversion</c>.</summary>
    public ConversionSettings? Conversion { get; init; } = new();

    /// <summary>Rule <c>answered_rate</c>.</summary>
    public AnsweredRateSettings? AnsweredRate { get; init; } = new();

    /// <summary>Rule <c>address_country</c>.</summary>
    public AddressCountrySettings? AddressCountry { get; init; } = new();

    /// <summary>Rule <c>wrong_reports</c>.</summary>
    public WrongReportsSettings? WrongReports { get; init; } = new();

    /// <summary>Rule <c>refused_clients</c>.</summary>
    public RefusedClientsSettings? RefusedClients { get; init; } = new();

    /// <summary>Rule <c>spend</c>.</summary>
    public SpendSettings? Spend { get; init; } = new();

    /// <summary>How long anomalies block.</summary>
    public BlockSettings Blocks { get; init; } = new();

    private static ImmutableSortedDictionary<string, int> Weights(params ReadOnlySpan<(string Rule, int Percent)> weights)
    {
        var all = ImmutableSortedDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
        foreach (var (rule, percent) in weights)
            all[rule] = percent;
        return all.ToImmutable();
    }
}

/// <summary>From which score on.</summary>
/// <param name="Challenge">1 to <paramref name="Block"/>.</param>
/// <param name="Block">1 to 100.</param>
internal sealed record Thresholds(int Challenge, int Block);

/// <summary>How one purpose differs.</summary>
/// <param name="Thresholds">Its own thresholds; null for the policy's.</param>
/// <param name="Weights">What the factors of a rule weigh here, in percent, 0 to 300; 100 for rules that are not named. Decisive factors
/// stay decisive.</param>
internal sealed record PurposeWeights(Thresholds? Thresholds, ImmutableSortedDictionary<string, int> Weights);

/// <summary>Countries that may be rung, ISO 3166-1 alpha-2. The list of the application and purpose holds, else the application's, else the
/// purpose's, else the list for all; an empty list closes.</summary>
internal sealed record DestinationLists
{
    /// <summary>For all.</summary>
    public ImmutableSortedSet<string> Allowed { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>For a purpose, in place of the list for all.</summary>
    public ImmutableSortedDictionary<Purpose, ImmutableSortedSet<string>> Purposes { get; init; } =
        ImmutableSortedDictionary<Purpose, ImmutableSortedSet<string>>.Empty;

    /// <summary>For an application. Ids are compared without regard to case.</summary>
    public ImmutableSortedDictionary<string, ApplicationDestinations> Applications { get; init; } =
        ImmutableSortedDictionary.Create<string, ApplicationDestinations>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The list that holds.</summary>
    public ImmutableSortedSet<string> Of(string applicationId, Purpose purpose)
    {
        var application = Applications.GetValueOrDefault(applicationId);
        return application?.Purposes.GetValueOrDefault(purpose)
            ?? application?.Allowed
            ?? Purposes.GetValueOrDefault(purpose)
            ?? Allowed;
    }
}

/// <summary>The lists of one application.</summary>
/// <param name="Allowed">In place of the list for all; null for none of its own.</param>
/// <param name="Purposes">For a purpose, in place of that.</param>
internal sealed record ApplicationDestinations(
    ImmutableSortedSet<string>? Allowed, ImmutableSortedDictionary<Purpose, ImmutableSortedSet<string>> Purposes);

/// <summary>Numbers that are never rung.</summary>
/// <param name="Prefix">How they begin: + and 1 to 15 digits.</param>
/// <param name="Kind">What they are, as it goes on after "This is".</param>
internal sealed record NumberRange(string Prefix, string Kind);

/// <summary>How many requests of one subject are usual within a window.</summary>
/// <param name="Subject">A number, address, network, device, prefix or application.</param>
/// <param name="Limit">How many, 1 to 1,000,000.</param>
/// <param name="WindowSeconds">Within this time, 1 second to 30 days.</param>
/// <param name="PrefixDigits">For a prefix: of 4 to 7 digits.</param>
/// <param name="TimesUsual">Where it is not 0, as many times the subject's own rate of the last two weeks are usual too, if that is
/// more.</param>
internal sealed record VelocityLimit(SubjectKind Subject, int Limit, int WindowSeconds, int PrefixDigits = 0, int TimesUsual = 0)
{
    /// <summary>Five sends in ten minutes are a usual limit of verification services, ten a day stop who keeps below it; one address may be
    /// a household, an office or the gateway of a mobile operator.</summary>
    public static ImmutableArray<VelocityLimit> Usual { get; } =
    [
        new(SubjectKind.Number, 5, 600), new(SubjectKind.Number, 10, 86_400),
        new(SubjectKind.Address, 30, 600), new(SubjectKind.Address, 200, 86_400),
        new(SubjectKind.Network, 300, 600), new(SubjectKind.Network, 2000, 86_400),
        new(SubjectKind.Device, 10, 600), new(SubjectKind.Device, 20, 86_400),
        new(SubjectKind.Prefix, 40, 600, 7, 5), new(SubjectKind.Prefix, 150, 3600, 6, 5),
        new(SubjectKind.Prefix, 600, 3600, 5, 5), new(SubjectKind.Prefix, 2000, 3600, 4, 5),
        new(SubjectKind.Application, 600, 60, 0, 5), new(SubjectKind.Application, 10_000, 3600, 0, 5),
    ];

    /// <summary>The window.</summary>
    public Window Window => new(TimeSpan.FromSeconds(WindowSeconds));
}

/// <summary>A request while a session for the same number is open.</summary>
/// <param name="WindowSeconds">A session is over after this time whatever became of it, 10 seconds to 1 hour.</param>
/// <param name="Weight">0 to 100 for each open session, 100 together at most.</param>
internal sealed record LiveSessionSettings(int WindowSeconds = 300, int Weight = 15);

/// <summary>Numbers next to this one were asked for.</summary>
/// <param name="WindowSeconds">Within this time.</param>
/// <param name="Neighbours">From so many of the three numbers above and below, 1 to 6.</param>
/// <param name="Weight">0 to 100.</param>
internal sealed record NumberSequenceSettings(int WindowSeconds = 3600, int Neighbours = 2, int Weight = 60);

/// <summary>How many different numbers of one block are usual.</summary>
/// <param name="Digits">The block is the number without its last 2 or 3 digits.</param>
/// <param name="Limit">How many, 1 to 1000.</param>
/// <param name="WindowSeconds">Within this time.</param>
internal sealed record NumberBlockLimit(int Digits, int Limit, int WindowSeconds);

/// <summary>How many different numbers one device asks for.</summary>
/// <param name="Limit">How many, 1 to 1000.</param>
/// <param name="WindowSeconds">Within this time.</param>
internal sealed record DeviceLimit(int Limit, int WindowSeconds);

/// <summary>When the share of verified numbers is too low to be honest.</summary>
internal sealed record ConversionSettings
{
    /// <summary>What is usual as long as little has been learned, in percent.</summary>
    public int UsualPercent { get; init; } = 65;

    /// <summary>How much of its baseline an honest share keeps, in percent of it.</summary>
    public int LowPercent { get; init; } = 50;

    /// <summary>How sure: standard deviations of the Wilson bound, one-sided.</summary>
    public double Deviations { get; init; } = 3;

    /// <summary>No judgement on fewer requests.</summary>
    public int LeastRequests { get; init; } = 10;

    /// <summary>A request younger than this may still succeed.</summary>
    public int LagSeconds { get; init; } = 30;

    /// <summary>The windows, shortest first.</summary>
    public ImmutableArray<int> WindowsSeconds { get; init; } = [600, 3600, 86_400];

    /// <summary>The prefixes that are judged, by their digits, longest first.</summary>
    public ImmutableArray<int> PrefixDigits { get; init; } = [7, 6, 5];

    /// <summary>What an anomaly of the whole application weighs, which cannot be told apart into good and bad.</summary>
    public int ApplicationWeight { get; init; } = 20;
}

/// <summary>When more calls are answered than flash calls are.</summary>
internal sealed record AnsweredRateSettings
{
    /// <summary>What is usual as long as little has been learned, in percent.</summary>
    public int UsualPercent { get; init; } = 6;

    /// <summary>How many times its baseline an honest share stays below.</summary>
    public int TimesUsual { get; init; } = 3;

    /// <summary>How sure: standard deviations of the Wilson bound, one-sided.</summary>
    public double Deviations { get; init; } = 3;

    /// <summary>No judgement on fewer calls.</summary>
    public int LeastCalls { get; init; } = 6;

    /// <summary>The windows, shortest first.</summary>
    public ImmutableArray<int> WindowsSeconds { get; init; } = [600, 3600, 86_400];

    /// <summary>The prefixes that are judged, by their digits, longest first.</summary>
    public ImmutableArray<int> PrefixDigits { get; init; } = [7, 6, 5];
}

/// <summary>The client's address is in another country than the number.</summary>
/// <param name="Weight">0 to 100.</param>
internal sealed record AddressCountrySettings(int Weight = 20);

/// <summary>When a client reports more wrong caller IDs than one who mistypes.</summary>
/// <param name="WindowSeconds">Within this time.</param>
/// <param name="PerNumber">From so many wrong reports on a number is left alone, 1 to 1000.</param>
/// <param name="PerDevice">The same for a device.</param>
/// <param name="PerAddress">The same for an address, where they are also more than the sessions in which somebody reported.</param>
/// <param name="PerNetwork">The same for a network.</param>
internal sealed record WrongReportsSettings(
    int WindowSeconds = 86_400, int PerNumber = 10, int PerDevice = 6, int PerAddress = 8, int PerNetwork = 12);

/// <summary>When a client is refused more often than not.</summary>
internal sealed record RefusedClientsSettings
{
    /// <summary>From so many refused requests on, 1 to 1000.</summary>
    public int LeastRefused { get; init; } = 4;

    /// <summary>Where at least this share of its requests was refused, in percent.</summary>
    public int Percent { get; init; } = 40;

    /// <summary>How sure: standard deviations of the Wilson bound, one-sided.</summary>
    public double Deviations { get; init; } = 1.3;

    /// <summary>The windows, shortest first.</summary>
    public ImmutableArray<int> WindowsSeconds { get; init; } = [3600, 86_400];
}

/// <summary>What the calls of an application may cost a day.</summary>
internal sealed record SpendSettings
{
    /// <summary>ISO 4217.</summary>
    public string Currency { get; init; } = "EUR";

    /// <summary>What calls cost, by how the number begins; the longest prefix holds.</summary>
    public ImmutableArray<CallPrice> Prices { get; init; } = [];

    /// <summary>The cap of an application without one of its own, in millionths; null for none.</summary>
    public long? CapMicros { get; init; }

    /// <summary>Caps by application, in millionths.</summary>
    public ImmutableSortedDictionary<string, long> Applications { get; init; } =
        ImmutableSortedDictionary.Create<string, long>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The cap of an application, or null.</summary>
    public long? CapOf(string applicationId) => Applications.TryGetValue(applicationId, out var own) ? own : CapMicros;

    /// <summary>The price of a call; nothing where no prefix fits.</summary>
    public CallPrice? PriceOf(string number)
    {
        CallPrice? longest = null;
        foreach (var price in Prices)
        {
            if (number.StartsWith(price.Prefix, StringComparison.Ordinal) && price.Prefix.Length > (longest?.Prefix.Length ?? 0))
                longest = price;
        }
        return longest;
    }
}

/// <summary>What a call costs.</summary>
/// <param name="Prefix">How the number begins; <c>+</c> for all.</param>
/// <param name="AttemptMicros">Each call, in millionths.</param>
/// <param name="AnsweredMicros">And that much more if it is answered.</param>
internal sealed record CallPrice(string Prefix, long AttemptMicros, long AnsweredMicros);

/// <summary>How long anomalies block.</summary>
/// <param name="FirstSeconds">The first time; each time more within the memory twice as long.</param>
/// <param name="LongestSeconds">Never longer.</param>
/// <param name="MemorySeconds">How long a lifted block is remembered.</param>
/// <param name="ProbationRequests">So few requests are enough to judge what was blocked within the memory.</param>
internal sealed record BlockSettings(
    int FirstSeconds = 300, int LongestSeconds = 43_200, int MemorySeconds = 86_400, int ProbationRequests = 3)
{
    /// <summary>How long a block of a level stands.</summary>
    public TimeSpan LengthOf(int level) =>
        TimeSpan.FromSeconds(Math.Min(LongestSeconds, FirstSeconds * Math.Pow(2, Math.Min(level - 1, 30))));
}
