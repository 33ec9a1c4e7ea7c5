using System.Globalization;
using System.Net;
using FlashCall.Handset.Phones;
using FlashCall.Sip;

namespace FlashCall.Handset;

/// <summary>A behaviour for a set of numbers.</summary>
internal sealed record PhoneRule(NumberPattern Pattern, PhoneBehaviour Behaviour);

/// <summary>A setting is wrong; the message names it and says what would be right.</summary>
internal sealed class HandsetSettingsException(string setting, string problem) : Exception($"Setting Handset:{setting} {problem}");

/// <summary>The settings of the handset, from the section <c>Handset</c>. Read once, checked, immutable.</summary>
internal sealed record HandsetSettings
{
    private static readonly TimeSpan DefaultPostDialDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan DefaultAnswerAfter = TimeSpan.FromSeconds(1);

    // Numbers that the Swedish regulator sets aside for fiction (0701740605 to 0701740699): valid in form, nobody's phone.
    private static readonly (string Pattern, Behaviour Behaviour, TimeSpan? PostDialDelay)[] DefaultRules =
    [
        ("+4670174061x", Behaviour.Answer, null),
        ("+4670174062x", Behaviour.Busy, null),
        ("+4670174063x", Behaviour.Reject, null),
        ("+4670174064x", Behaviour.Silent, null),
        ("+4670174065x", Behaviour.Unreachable, null),
        ("+4670174066x", Behaviour.Announcement, null),
        ("+4670174067x", Behaviour.Ring, TimeSpan.FromSeconds(4)),
        ("+4670174068x", Behaviour.Unassigned, null),
    ];

    /// <summary>Where SIP over UDP is listened to. <c>Handset:SipListen</c>, 127.0.0.1:5080; port 0 takes a free one.</summary>
    public required IPEndPoint Sip { get; init; }

    /// <summary>Behaviours by number, the first that fits. <c>Handset:Behaviours</c>; if set, it replaces the default list.</summary>
    public required IReadOnlyList<PhoneRule> Rules { get; init; }

    /// <summary>What all other phones do: ring, after <c>Handset:PostDialDelay</c>, 50 ms.</summary>
    public required PhoneBehaviour Otherwise { get; init; }

    /// <summary>The longest a phone rings, plays an announcement or is talked on before the phone's side ends it.
    /// <c>Handset:CallLimit</c>, 3 minutes.</summary>
    public required TimeSpan CallLimit { get; init; }

    /// <summary>The round-trip time that SIP's timers assume (T1 of RFC 3261 §17). <c>Handset:T1</c>, 500 ms; shorter makes what takes
    /// 64·T1 bearable in tests.</summary>
    public required TimeSpan T1 { get; init; }

    /// <summary>How many calls are kept in all; the oldest go first. <c>Handset:CallsKept</c>, 20000.</summary>
    public required int CallsKept { get; init; }

    /// <summary>How many calls are kept for one phone. <c>Handset:CallsKeptPerPhone</c>, 100.</summary>
    public required int CallsKeptPerPhone { get; init; }

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="HandsetSettingsException">One is wrong.</exception>
    public static HandsetSettings Read(IConfiguration configuration)
    {
        var section = configuration.GetSection("Handset");
        var postDialDelay = Time(section, "PostDialDelay", DefaultPostDialDelay, PhoneBehaviour.LongestTime);
        return new HandsetSettings
        {
            Sip = EndPoint(section, "SipListen", new IPEndPoint(IPAddress.Loopback, 5080)),
            Otherwise = new PhoneBehaviour(Behaviour.Ring, postDialDelay, DefaultAnswerAfter),
            Rules = ReadRules(section.GetSection("Behaviours"), postDialDelay),
            CallLimit = Time(section, "CallLimit", TimeSpan.FromMinutes(3), TimeSpan.FromHours(1)),
            T1 = Time(section, "T1", new SipTimings().T1, TimeSpan.FromSeconds(5), shortest: TimeSpan.FromMilliseconds(1)),
            CallsKept = Count(section, "CallsKept", 20_000),
            CallsKeptPerPhone = Count(section, "CallsKeptPerPhone", 100),
        };
    }

    /// <summary>All behaviours in one line, for people.</summary>
    public string Describe() => string.Join(", ",
        [
            .. Rules.Select(rule => $"{rule.Pattern.Text} {rule.Behaviour.Describe(Otherwise.PostDialDelay)}"),
            $"all others ring; post-dial delay {PhoneBehaviour.Seconds(Otherwise.PostDialDelay)}",
        ]);

    private static IReadOnlyList<PhoneRule> ReadRules(IConfigurationSection section, TimeSpan postDialDelay)
    {
        var children = section.GetChildren().ToList();
        if (children.Count == 0)
        {
            return [.. DefaultRules.Select(rule => new PhoneRule(
                NumberPattern.TryParse(rule.Pattern, out var pattern)
                    ? pattern
                    : throw new InvalidOperationException("A default pattern is wrong."),
                new PhoneBehaviour(rule.Behaviour, rule.PostDialDelay ?? postDialDelay, DefaultAnswerAfter)))];
        }
        return [.. children.Select(child => Rule(child, postDialDelay))];
    }

    private static PhoneRule Rule(IConfigurationSection section, TimeSpan postDialDelay)
    {
        var setting = $"Behaviours:{section.Key}";
        if (!NumberPattern.TryParse(section["Pattern"], out var pattern))
        {
            throw new HandsetSettingsException(
                $"{setting}:Pattern",
                "must be a digit mask such as +4670174060x, or a regular expression such as +46701740\\d*; both begin with +.");
        }
        if (!PhoneBehaviour.TryParse(section["Behaviour"], out var behaviour))
            throw new HandsetSettingsException($"{setting}:Behaviour", $"must be one of {PhoneBehaviour.Names}.");
        return new PhoneRule(pattern, new PhoneBehaviour(
            behaviour,
            Time(section, "PostDialDelay", postDialDelay, PhoneBehaviour.LongestTime, setting),
            Time(section, "AnswerAfter", DefaultAnswerAfter, PhoneBehaviour.LongestTime, setting)));
    }

    private static IPEndPoint EndPoint(IConfigurationSection section, string name, IPEndPoint otherwise)
    {
        if (section[name] is not { Length: > 0 } text)
            return otherwise;
        // An address without a port would be read as port 0.
        return text.Contains(':', StringComparison.Ordinal) && !text.EndsWith(']') && IPEndPoint.TryParse(text, out var endPoint)
            ? endPoint
            : throw new HandsetSettingsException(name,
                $"is '{text}' but must be an address and a port, such as 127.0.0.1:5080 or [::1]:5080.");
    }

    private static TimeSpan Time(
        IConfigurationSection section, string name, TimeSpan otherwise, TimeSpan longest,
        string? within = null, TimeSpan shortest = default)
    {
        if (section[name] is not { Length: > 0 } text)
            return otherwise;
        return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) && time >= shortest && time <= longest
            ? time
            : throw new HandsetSettingsException(
                within is null ? name : $"{within}:{name}",
                $"is '{text}' but must be a time from {shortest:c} to {longest:c}, such as 00:00:00.05.");
    }

    private static int Count(IConfigurationSection section, string name, int otherwise)
    {
        if (section[name] is not { Length: > 0 } text)
            return otherwise;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= 10_000_000
            ? count
            : throw new HandsetSettingsException(name, $"is '{text}' but must be a whole number from 1 to 10000000.");
    }
}
