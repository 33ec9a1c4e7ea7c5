using System.Security.Cryptography;
using System.Text;
using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using PhoneNumbers;

namespace FlashCall.Fraud.Engine;

/// <summary>A request as the rules see it: all that they may know. It is what history keeps of a request, too, so that an outcome can be
/// added to the same subjects later.</summary>
internal sealed record RiskRequest
{
    private RequestSubjects.Kept _subjects;

    /// <summary>When the session was started, which is the engine's clock.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>The application that asks.</summary>
    public required string ApplicationId { get; init; }

    /// <summary>What the verification is for.</summary>
    public required Purpose Purpose { get; init; }

    /// <summary>The number, E.164. Personal data.</summary>
    public required string Number { get; init; }

    /// <summary>Where the call would go: ISO 3166-1 alpha-2, or a calling code (<c>+979</c>) that no one country has.</summary>
    public required string Destination { get; init; }

    /// <summary>What kind of line the number is.</summary>
    public required LineType LineType { get; init; }

    /// <summary>Whether the numbering plan has such a number at all.</summary>
    public required bool IsValid { get; init; }

    /// <summary>The client's address as <c>203.0.113.7/32</c> or an IPv6 /64; null if it is not known or not public. Personal
    /// data.</summary>
    public string? Address { get; init; }

    /// <summary>The network around the address, /24 or /48.</summary>
    public string? Network { get; init; }

    /// <summary>The address's country, ISO 3166-1 alpha-2, where a look-up knew it.</summary>
    public string? AddressCountry { get; init; }

    /// <summary>The device: a hash of application and device id, 32 hexadecimal digits; null if the client gave none.</summary>
    public string? Device { get; init; }

    /// <summary>Reads what the rules need from the message and from look-ups at the edge.</summary>
    /// <param name="message">The message.</param>
    /// <param name="addressCountry">The country of the client's address, ISO 3166-1 alpha-2, or null.</param>
    /// <exception cref="ArgumentException">The number belongs to no numbering plan, or the address is none.</exception>
    public static RiskRequest From(AssessRisk message, string? addressCountry = null)
    {
        var address = ClientAddress.Parse(message.Client.Ip);
        var numbering = PhoneNumberUtil.GetInstance();
        try
        {
            var parsed = numbering.Parse(message.To.E164, defaultRegion: null);
            return new RiskRequest
            {
                RequestedAt = message.RequestedAt.ToUniversalTime(),
                ApplicationId = message.ApplicationId,
                Purpose = message.Purpose,
                Number = message.To.E164,
                Destination = message.To.Region,
                LineType = LineTypeOf(numbering.GetNumberType(parsed)),
                IsValid = numbering.IsValidNumber(parsed),
                Address = address?.Subscriber.ToString(),
                Network = address?.Network.ToString(),
                AddressCountry = addressCountry,
                Device = message.Client.DeviceId is { Length: > 0 } device ? DeviceKey(message.ApplicationId, device) : null,
            };
        }
        catch (NumberParseException exception)
        {
            throw new ArgumentException($"The number {message.To} begins with no known country code.", nameof(message), exception);
        }
    }

    /// <summary>The key of a device: devices of two applications are two, since each names them as it likes.</summary>
    public static string DeviceKey(string applicationId, string deviceId) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{applicationId}\n{deviceId}")).AsSpan(0, 16));

    /// <summary>The subjects of a kind that the request has: none where nothing is known, four prefixes, two blocks, six
    /// neighbours.</summary>
    public Subject[] SubjectsOf(SubjectKind kind) => _subjects.Of(this).OfKind(kind);

    /// <summary>The prefix of so many digits; none where it would leave less than three digits of the number.</summary>
    public Subject[] PrefixOf(int digits) => _subjects.Of(this).PrefixOf(digits);

    private static LineType LineTypeOf(PhoneNumberType type) => type switch
    {
        PhoneNumberType.MOBILE => LineType.Mobile,
        PhoneNumberType.FIXED_LINE => LineType.FixedLine,
        PhoneNumberType.FIXED_LINE_OR_MOBILE => LineType.FixedLineOrMobile,
        PhoneNumberType.VOIP => LineType.Voip,
        PhoneNumberType.TOLL_FREE => LineType.TollFree,
        PhoneNumberType.PREMIUM_RATE => LineType.PremiumRate,
        PhoneNumberType.SHARED_COST => LineType.SharedCost,
        PhoneNumberType.PERSONAL_NUMBER => LineType.PersonalNumber,
        PhoneNumberType.PAGER => LineType.Pager,
        PhoneNumberType.UAN => LineType.UniversalAccess,
        PhoneNumberType.VOICEMAIL => LineType.Voicemail,
        _ => LineType.Unknown,
    };
}
