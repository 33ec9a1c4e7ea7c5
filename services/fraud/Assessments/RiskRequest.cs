using FlashCall.Contracts;
using PhoneNumbers;

namespace FlashCall.Fraud.Assessments;

/// <summary>A request as the rules see it.</summary>
internal sealed record RiskRequest
{
    /// <summary>The application that asks.</summary>
    public required string ApplicationId { get; init; }

    /// <summary>Where the call would go: ISO 3166-1 alpha-2, or a calling code (<c>+979</c>) that no one country has.</summary>
    public required string Destination { get; init; }

    /// <summary>What kind of line the number is.</summary>
    public required LineType LineType { get; init; }

    /// <summary>What the verification is for.</summary>
    public required Purpose Purpose { get; init; }

    /// <summary>Reads what the rules need from the message.</summary>
    /// <exception cref="ArgumentException">The number belongs to no numbering plan.</exception>
    public static RiskRequest From(AssessRisk message)
    {
        var numbering = PhoneNumberUtil.GetInstance();
        try
        {
            return new RiskRequest
            {
                ApplicationId = message.ApplicationId,
                Destination = message.To.Region,
                LineType = LineTypeOf(numbering.GetNumberType(numbering.Parse(message.To.E164, defaultRegion: null))),
                Purpose = message.Purpose,
            };
        }
        catch (NumberParseException exception)
        {
            throw new ArgumentException($"The number {message.To} begins with no known country code.", nameof(message), exception);
        }
    }

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
