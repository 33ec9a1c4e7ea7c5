using FlashCall.Contracts;

namespace FlashCall.Verification.Sessions;

/// <summary>What a stream's events become when their person is forgotten: all that is the person's, or may be, goes; when what happened, and
/// why, stays, and with it every count. Pure.</summary>
internal static class Forgetting
{
    private const string Erased = "erased";

    /// <summary>The event without what is the person's.</summary>
    /// <param name="happened">The event as it is stored.</param>
    /// <param name="number">The number that the session was for.</param>
    /// <param name="at">When it is erased (UTC).</param>
    /// <returns>Null where there is nothing to take out, or it was taken out before.</returns>
    public static VerificationEvent? Of(VerificationEvent happened, PhoneNumber number, DateTimeOffset at) => happened switch
    {
        SessionEvent.VerificationRequested { Erased: null } asked => asked with
        {
            To = PhoneNumber.Erased,
            Client = ClientContext.Unknown,
            Reference = null,
            Metadata = null,
            TransactionHash = null,
            Erased = ErasedNumber.Of(asked.To, at),
        },
        // The client's own word: it may be anything.
        SessionEvent.ReportReceived { SourceText: not null } report => report with { SourceText = null },
        // A range of a policy may be as long as a number.
        SessionEvent.RiskAssessed risk when risk.Factors.Any(factor => Names(factor, number)) =>
            risk with { Factors = [.. risk.Factors.Select(factor => Without(factor, number))] },
        SessionEvent.VerificationDenied denied when Names(denied.Detail, number) => denied with { Detail = Without(denied.Detail, number) },
        _ => null,
    };

    private static bool Names(RiskFactor factor, PhoneNumber number) =>
        Names(factor.Detail, number) || factor.Evidence?.Values.Any(value => Names(value, number)) == true;

    private static bool Names(string text, PhoneNumber number) => text.Contains(number.E164[1..], StringComparison.Ordinal);

    private static RiskFactor Without(RiskFactor factor, PhoneNumber number) => factor with
    {
        Detail = Without(factor.Detail, number),
        Evidence = factor.Evidence?.ToDictionary(one => one.Key, one => Without(one.Value, number), StringComparer.Ordinal),
    };

    private static string Without(string text, PhoneNumber number) => text
        .Replace(number.E164, Erased, StringComparison.Ordinal).Replace(number.E164[1..], Erased, StringComparison.Ordinal);
}
