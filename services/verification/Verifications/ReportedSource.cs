using FlashCall.Verification.Channels.FlashCalls;
using FlashCall.Verification.Sessions;

namespace FlashCall.Verification.Verifications;

/// <summary>How a caller ID came to be reported, as the report said it.</summary>
internal static class ReportedSource
{
    /// <summary>The source of the last report among the events; null where there was none.</summary>
    public static string? Of(IEnumerable<VerificationEvent> events) =>
        events.Select(Of).LastOrDefault(source => source is not null);

    private static string? Of(VerificationEvent happened) => happened switch
    {
        SessionEvent.ReportReceived report => report.SourceText ?? Of(report.Source),
        FlashCallEvent.CallerIdWithheld withheld => Of(withheld.Source),
        _ => null,
    };

    private static string Of(ReportSource source) => source switch
    {
        ReportSource.Typed => "typed",
        ReportSource.Intercepted => "intercepted",
        _ => throw new InvalidOperationException($"Unknown source {source}."),
    };
}
