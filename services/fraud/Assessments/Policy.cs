using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Policies;

namespace FlashCall.Fraud.Assessments;

/// <summary>What is allowed, how often, and from which score on a request is challenged or blocked.</summary>
internal sealed record Policy
{
    /// <summary>Raised with every change of a rule that gives other verdicts under the same settings.</summary>
    private const int EngineVersion = 1;

    /// <param name="allowedDestinations">Countries that may be rung, ISO 3166-1 alpha-2; none unless listed.</param>
    /// <param name="applicationDestinations">The same for applications with a list of their own, by application id.</param>
    /// <param name="limits">How often.</param>
    /// <param name="challengeAt">1 to 100, at most <paramref name="blockAt"/>.</param>
    /// <param name="blockAt">1 to 100.</param>
    public Policy(
        IEnumerable<string> allowedDestinations,
        IEnumerable<KeyValuePair<string, string[]>> applicationDestinations,
        IEnumerable<VelocityLimit> limits,
        int challengeAt,
        int blockAt)
    {
        DefaultDestinations = new(allowedDestinations, StringComparer.Ordinal);
        // Keys of the settings are compared without regard to case, so two applications cannot differ by it alone.
        ApplicationDestinations = applicationDestinations.ToFrozenDictionary(
            pair => pair.Key, pair => new SortedSet<string>(pair.Value, StringComparer.Ordinal), StringComparer.OrdinalIgnoreCase);
        Limits = [.. limits.OrderBy(limit => limit.Subject).ThenBy(limit => limit.Window)];
        ChallengeAt = challengeAt;
        BlockAt = blockAt;
        Version = Fingerprint();
    }

    /// <summary>The part of a document that the rules of this path know.</summary>
    public static Policy Of(PolicyDocument document) => new(
        document.Destinations.Allowed,
        document.Destinations.Applications.Select(pair => KeyValuePair.Create(pair.Key, (string[])[.. pair.Value.Allowed ?? []])),
        document.Velocity.Select(limit => (Subject: limit.Subject switch
        {
            SubjectKind.Number => VelocitySubject.Number,
            SubjectKind.Address => VelocitySubject.Address,
            SubjectKind.Network => VelocitySubject.Network,
            _ => (VelocitySubject?)null,
        }, limit.Limit, limit.Window)).Where(limit => limit.Subject is not null).Select(
            limit => new VelocityLimit(limit.Subject!.Value, limit.Limit, limit.Window.Length)),
        document.Thresholds.Challenge, document.Thresholds.Block);

    /// <summary>How often a number, an address or a network may ask. No two for one subject have the same window.</summary>
    public IReadOnlyList<VelocityLimit> Limits { get; }

    /// <summary>From this score on a request is challenged, 1 to <see cref="BlockAt"/>.</summary>
    public int ChallengeAt { get; }

    /// <summary>From this score on a request is blocked, <see cref="ChallengeAt"/> to 100.</summary>
    public int BlockAt { get; }

    /// <summary>Names the policy: the same settings and rules have the same version, in every replica and after every start.</summary>
    public string Version { get; }

    private SortedSet<string> DefaultDestinations { get; }

    private FrozenDictionary<string, SortedSet<string>> ApplicationDestinations { get; }

    /// <summary>The countries that the application may ring.</summary>
    public IReadOnlySet<string> DestinationsOf(string applicationId) =>
        ApplicationDestinations.GetValueOrDefault(applicationId, DefaultDestinations);

    private string Fingerprint()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"engine {EngineVersion}");
        text.AppendLine(CultureInfo.InvariantCulture, $"challenge {ChallengeAt} block {BlockAt}");
        text.AppendLine(CultureInfo.InvariantCulture, $"destinations {string.Join(' ', DefaultDestinations)}");
        foreach (var (application, destinations) in ApplicationDestinations.OrderBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase))
            text.AppendLine(CultureInfo.InvariantCulture, $"application {application.ToUpperInvariant()} {string.Join(' ', destinations)}");
        foreach (var limit in Limits)
            text.AppendLine(CultureInfo.InvariantCulture, $"limit {limit.Subject} {limit.Limit} {limit.Window.Ticks}");
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString().ReplaceLineEndings("\n")));
        return string.Create(CultureInfo.InvariantCulture, $"{EngineVersion}-{Convert.ToHexStringLower(hash.AsSpan(0, 6))}");
    }
}

/// <summary>Whose requests are counted.</summary>
internal enum VelocitySubject
{
    /// <summary>The number to be rung: requests that were let through.</summary>
    Number,

    /// <summary>The client's address, an IPv4 address or an IPv6 /64 (one subscriber): all requests.</summary>
    Address,

    /// <summary>The network around it, an IPv4 /24 or an IPv6 /48 (one site): all requests.</summary>
    Network,
}

/// <summary>How many requests of one subject are usual within a window that slides.</summary>
/// <param name="Subject">Whose.</param>
/// <param name="Limit">How many, 1 to 100,000.</param>
/// <param name="Window">Within this time before a request, 1 second to 30 days.</param>
internal sealed record VelocityLimit(VelocitySubject Subject, int Limit, TimeSpan Window)
{
    /// <summary>Counting stops here: a rule need not tell twice the limit from more, and a flood does not make counting slow.</summary>
    public long CountAtMost => 2L * Limit;

    /// <summary>The window in words: <c>10 minutes</c>.</summary>
    public string WindowText
    {
        get
        {
            var (count, unit) = (
                Window.Ticks % TimeSpan.TicksPerDay, Window.Ticks % TimeSpan.TicksPerHour, Window.Ticks % TimeSpan.TicksPerMinute) switch
            {
                (0, _, _) => (Window.TotalDays, "day"),
                (_, 0, _) => (Window.TotalHours, "hour"),
                (_, _, 0) => (Window.TotalMinutes, "minute"),
                _ => (Window.TotalSeconds, "second"),
            };
            return string.Create(CultureInfo.InvariantCulture, $"{count} {unit}{(count == 1 ? "" : "s")}");
        }
    }
}
