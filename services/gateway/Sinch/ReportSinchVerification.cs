using System.Text.Json.Nodes;
using FlashCall.Contracts;
using FlashCall.Gateway.Access;
using FlashCall.Gateway.Services;

namespace FlashCall.Gateway.Sinch;

/// <summary>Reports the number that called: <c>PUT /verification/v1/verifications/id/{id}</c> and <c>…/number/{number}</c>. A wrong
/// number is no HTTP error, and another may follow while the session goes on.</summary>
internal sealed class ReportSinchVerification(VerificationClient verifications, FindSinchVerification find)
{
    public static Task<IResult> ByIdAsync(string id, HttpContext http, ReportSinchVerification reports) =>
        reports.HandleAsync(http, wrongAddress: null, find => find.ByIdAsync(http.Caller()!, id, http.RequestAborted));

    public static Task<IResult> ByNumberAsync(string number, HttpContext http, ReportSinchVerification reports) =>
        reports.HandleAsync(
            http, Numbers.Read(number).Wrong,
            find => find.ByNumberAsync(http.Caller()!, number, mustBeLive: true, http.RequestAborted));

    private static async Task<(ReportDocument? Report, SinchError? Wrong)> ReadAsync(HttpContext http)
    {
        var (report, wrong) = await SinchJson.ReadAsync<ReportDocument>(http);
        return (report, wrong ?? report!.Check());
    }

    private async Task<IResult> HandleAsync(
        HttpContext http, SinchError? wrongAddress,
        Func<FindSinchVerification, Task<(SinchSession? Session, SinchError? Refused)>> look)
    {
        var (report, wrong) = await ReadAsync(http);
        if ((wrong ?? wrongAddress) is { } mistake)
            return new SinchRefusal(mistake);
        var (session, refused) = await look(find);
        return session is null
            ? new SinchRefusal(refused!)
            : await TakeAsync(http.Caller()!, session, report!, http.RequestAborted);
    }

    private async Task<IResult> TakeAsync(
        Caller caller, SinchSession session, ReportDocument report, CancellationToken cancellationToken)
    {
        var body = new JsonObject
        {
            ["callerId"] = report.FlashCall!.Cli,
            ["source"] = report.IsIntercepted ? "intercepted" : "typed",
        };
        if (report.Source is { Length: > 0 } source)
            body["sourceText"] = source;
        var answer = await verifications.ReportAsync(caller.Application.Id, session.Id, body, cancellationToken);
        switch (answer)
        {
            case { IsSuccess: true }:
                var after = await AfterAsync(caller, session, cancellationToken);
                return Answer(after with { Source = answer.Text("source") ?? report.Source }, OutcomeOf(answer));
            case { Code: "nothing_to_report_yet" }:
                return Answer(session with { Source = report.Source }, SinchOutcome.WrongNumber);
            case { Code: "verification_ended" }:
                var ended = await AfterAsync(caller, session, cancellationToken);
                // A phone that did not get the answer reports again. Another number than the one that called proves nothing, though.
                return ended.Status == "verified" && !IsCallerId(report.FlashCall!.Cli!, ended.FlashCall?.CallerId)
                    ? Answer(ended with { Source = report.Source }, SinchOutcome.WrongNumber)
                    : Answer(ended, SinchOutcome.Of(ended.Status, ended.Reason));
            default:
                return new SinchRefusal(SinchError.Of(answer));
        }
    }

    private static SinchOutcome OutcomeOf(VerificationAnswer answer)
    {
        var outcome = SinchOutcome.Of(answer.Text("status")!, answer.Text("reason"));
        return answer.Text("report") == "match" || outcome.Status != "PENDING" ? outcome : SinchOutcome.WrongNumber;
    }

    private async Task<SinchSession> AfterAsync(Caller caller, SinchSession before, CancellationToken cancellationToken)
    {
        var answer = await verifications.GetAsync(caller.Application.Id, before.Id, cancellationToken);
        return answer.IsSuccess ? SinchSession.Of(answer.Body) : before;
    }

    /// <summary>Whether a phone wrote the caller ID so: with its country code, or as within its country.</summary>
    private static bool IsCallerId(string cli, string? callerId)
    {
        var digits = string.Concat(cli.Where(char.IsAsciiDigit));
        var international = digits.StartsWith("00", StringComparison.Ordinal) ? digits[2..] : digits;
        return CallerId.TryParse(callerId, out var known) && (international == known.E164[1..] || digits == known.National);
    }

    private static IResult Answer(SinchSession session, SinchOutcome outcome) =>
        TypedResults.Json(SessionView.OfReport(session, outcome), SinchJson.Options);
}
