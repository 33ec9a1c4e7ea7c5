using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;

namespace FlashCall.Fraud.Operations;

/// <summary>Subjects as operators write them.</summary>
internal static class SubjectText
{
    /// <summary>What can be put on a list.</summary>
    public static readonly SubjectKind[] Listable =
        [SubjectKind.Number, SubjectKind.Prefix, SubjectKind.Network, SubjectKind.Address, SubjectKind.Device];

    /// <summary>What can be blocked for a while.</summary>
    public static readonly SubjectKind[] Blockable = [SubjectKind.Prefix, SubjectKind.Network, SubjectKind.Address, SubjectKind.Device];

    /// <summary>Reads a subject.</summary>
    /// <param name="kind">What it is, snake_case.</param>
    /// <param name="value">Which one.</param>
    /// <param name="application">The application that names the device; for devices alone.</param>
    /// <param name="allowed">The kinds that fit here.</param>
    /// <param name="mistakes">What is wrong is added.</param>
    public static Subject? Read(
        string? kind, string? value, string? application, SubjectKind[] allowed, ICollection<(string Field, string Message)> mistakes)
    {
        var fitting = Array.FindIndex(allowed, one => Name(one) == kind);
        if (fitting < 0)
        {
            mistakes.Add(("kind", $"Give one of: {string.Join(", ", allowed.Select(Name))}."));
            return null;
        }
        var known = allowed[fitting];
        if (string.IsNullOrWhiteSpace(value))
        {
            mistakes.Add(("value", "Say which one."));
            return null;
        }
        if (known is SubjectKind.Device && string.IsNullOrWhiteSpace(application))
        {
            mistakes.Add(("application", "Name the application that the device id is of: each names devices as it likes."));
            return null;
        }
        var (key, form) = known switch
        {
            SubjectKind.Number => (PhoneNumber.TryParse(value, out var number) ? number!.E164 : null,
                "Give a number in E.164, such as +46701234567."),
            SubjectKind.Prefix => (IsPrefix(value) ? value : null, "Give + and the first 4 to 7 digits, such as +467012."),
            SubjectKind.Network => (Address(value)?.Network.ToString(), "Give an address of the network, such as 203.0.113.0/24; all of its "
                + "IPv4 /24 or IPv6 /48 is meant."),
            SubjectKind.Address => (Address(value)?.Subscriber.ToString(), "Give a public IPv4 or IPv6 address; of IPv6 its /64 is meant."),
            SubjectKind.Device => (value.Length <= 128 ? RiskRequest.DeviceKey(application!, value) : null, "At most 128 characters."),
            _ => throw new ArgumentOutOfRangeException(nameof(allowed)),
        };
        if (key is not null)
            return new Subject(known, key);
        mistakes.Add(("value", form));
        return null;
    }

    /// <summary>A kind as the API spells it.</summary>
    public static string Name(SubjectKind kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());

    private static bool IsPrefix(string value) => value is ['+', .. var digits] && digits.Length is >= 4 and <= 7
        && !digits.AsSpan().ContainsAnyExceptInRange('0', '9');

    private static ClientAddress? Address(string value)
    {
        try
        {
            return ClientAddress.Parse(value.Split('/')[0]);
        }
        // No address, which is what the caller says.
        catch (ArgumentException)
        {
            return null;
        }
    }
}
