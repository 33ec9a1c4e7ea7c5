using System.Globalization;
using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.EventLog;
using FlashCall.Hosting;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Verifications;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Verification.Analytics.Stream;

/// <summary>What is asked of the stream of events.</summary>
internal sealed record EventQuery
{
    private static readonly string[] Names =
        ["from", "to", "type", "application", "purpose", "country", "verification", "after", "follow", Sight.Numbers];

    private static readonly string Types = string.Join(", ", EventStore.EventNames.Values);

    /// <summary>Which events.</summary>
    public required EventFilter Filter { get; init; }

    /// <summary>The cursor to go on from; 0 for the beginning.</summary>
    public required long After { get; init; }

    /// <summary>Whether to go on with what comes.</summary>
    public required bool Follows { get; init; }

    /// <summary>Whether numbers are asked for in plain.</summary>
    public required bool IsPlain { get; init; }

    /// <summary>Reads it.</summary>
    /// <param name="parameters">The parameters of the request.</param>
    /// <param name="sight">What whoever asks may see.</param>
    /// <param name="problem">Every parameter that is wrong; null where none is.</param>
    public static EventQuery? Read(IQueryCollection parameters, Sight sight, out ProblemHttpResult? problem)
    {
        const string Time = "Give a time with its offset (RFC 3339), such as 2026-11-23T09:00:00Z.";
        var query = new QueryReader(parameters, Names);
        var from = query.One<DateTimeOffset>("from", null, Time, static text => ListVerifications.Time(text));
        var to = query.One<DateTimeOffset>("to", null, Time, static text => ListVerifications.Time(text));
        var applications = query.Several("application", "At most 64 characters each, none of them U+0000.",
            static id => id.Length <= 64 && !id.Contains('\0', StringComparison.Ordinal));
        if (!sight.SeesAll)
        {
            if (applications is not null && applications.Any(id => id != sight.Caller))
            {
                query.Refuse(
                    "application", "This key sees the sessions of its own application alone. Leave it out, or use an operator's key.");
            }
            applications = [sight.Caller];
        }
        var read = new EventQuery
        {
            Filter = new EventFilter
            {
                From = from,
                To = to,
                Types = query.Several("type", $"Expected any of: {Types}.", static type => EventStore.EventNames.Values.Contains(type)),
                Applications = applications,
                Purposes = query.Several(
                    "purpose", $"Expected any of: {PurposeName.All}.", static purpose => PurposeName.Read(purpose) is not null),
                Countries = query.Several("country",
                    "Give countries as ISO 3166-1 alpha-2 in capitals, such as SE; %2B979 for a calling code without one, ZZ for erased.",
                    IsCountry)?.Select(WithPlus).ToList(),
                Streams = query.Several("verification", "Give ids of verifications.", static id => Guid.TryParseExact(id, "D", out _))
                    ?.Select(static id => Guid.TryParseExact(id, "D", out var parsed) ? parsed : default).ToList(),
            },
            After = query.One<long>(
                "after", 0, "Not a cursor. Give the 'cursor' of the last line as it came, or leave it out for the beginning.",
                static text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var cursor) ? cursor : null)!.Value,
            Follows = query.One<bool>("follow", false, "Expected true or false.", QueryReader.Choice("true", "false")) == true,
            IsPlain = query.AsksForNumbers(),
        };
        problem = query.Problem() ?? (read.IsPlain && !sight.MayUnmask ? Sight.MayNotUnmask() : null);
        return problem is null ? read : null;
    }

    /// <summary>What is asked for as JSON, for the book of who saw numbers.</summary>
    public string Describe() => JsonSerializer.Serialize(new
    {
        from = Filter.From,
        to = Filter.To,
        type = Filter.Types,
        application = Filter.Applications,
        purpose = Filter.Purposes,
        country = Filter.Countries,
        verification = Filter.Streams,
        after = After,
        follow = Follows,
    }, Brief);

    private static readonly JsonSerializerOptions Brief = new()
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    private static bool IsCountry(string country) => country == PhoneNumber.Erased.Region || PhoneNumber.IsRegion(country)
        || (WithPlus(country) is ['+', .. var code] && PhoneNumber.CallingCodeOf($"+{code}") == $"+{code}");

    // Trimmed of the space that a plus sign becomes in an address, digits are left.
    private static string WithPlus(string country) => char.IsAsciiDigit(country[0]) ? $"+{country}" : country;
}
