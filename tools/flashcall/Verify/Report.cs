using System.Globalization;
using Spectre.Console;

namespace FlashCall.Cli.Verify;

/// <summary>The timeline of a session for a person: when, what, and what that means.</summary>
internal static class Report
{
    public static void Write(IAnsiConsole console, Outcome outcome)
    {
        var session = outcome.Session;
        var start = session.Timeline.Select(step => step.At).DefaultIfEmpty(session.CreatedAt).Min();
        var rows = session.Timeline
            .Select(step => (
                Time: string.Create(CultureInfo.InvariantCulture, $"{(step.At - start).TotalMilliseconds:F0} ms"),
                Name: Name(step.Name),
                Style: Style(step.Name),
                Sentence: Sentence(step.Name) + (step.Detail is null ? "" : $" ({step.Detail})")))
            .ToList();
        var timeWidth = rows.Select(row => row.Time.Length).DefaultIfEmpty().Max();
        var nameWidth = rows.Select(row => row.Name.Length).DefaultIfEmpty().Max();
        console.WriteLine();
        foreach (var row in rows)
        {
            console.Write($"  {row.Time.PadLeft(timeWidth)}  ");
            console.Write(row.Name.PadRight(nameWidth), row.Style);
            console.WriteLine($"  {row.Sentence}".TrimEnd());
        }
        console.WriteLine();
        if (!outcome.IsVerified && (session.Detail ?? session.Reason) is { } why)
            console.WriteLine(session.Detail is null ? why : $"{why}{(session.Reason is null ? "" : $" ({session.Reason})")}");
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Status(session)} {session.Id} in {outcome.Elapsed.TotalMilliseconds:F0} ms"));
    }

    private static string Status(Session session) => session.HasEnded ? session.Status : "not verified";

    private static string Name(string step) => step switch
    {
        "caller_id_leased" => "caller ID leased",
        "invited" => "INVITE",
        _ => step.Replace('_', ' '),
    };

    private static Style Style(string step) => step switch
    {
        "verified" => new Style(Color.Green, decoration: Decoration.Bold),
        "denied" or "failed" or "expired" or "error" or "attempt_failed" or "call_not_placed" or "overdue" or "caller_id_withheld" => new Style(Color.Red),
        _ => new Style(decoration: Decoration.Bold),
    };

    /// <summary>What a step means, for somebody who sees a flash call for the first time. Steps of later versions have none.</summary>
    private static string Sentence(string step) => step switch
    {
        "requested" => "The client app asked to verify the number.",
        "risk_assessed" => "Fraud scoring said whether this phone may ring.",
        "caller_id_leased" => "The number pool chose the caller ID, which is the code.",
        "caller_id_refused" => "The number pool had no caller ID to give.",
        "invited" => "The dialer sent the call to the carrier over SIP.",
        "ringing" => "The phone rings and shows the caller ID.",
        "reported" => "The client app reported the caller ID it saw.",
        "caller_id_withheld" => "The phone rang and showed no caller ID.",
        "verified" => "The caller ID is the one that was leased: the number is verified.",
        "hung_up" => "The dialer ended the call; nobody answered, nothing to pay.",
        "answered" => "Somebody or something picked up.",
        "call_ended" => "The call ended without ringing as it should.",
        "call_not_placed" => "No call was placed.",
        "attempt_failed" => "This attempt did not get through.",
        "denied" => "The verification was refused.",
        "failed" => "The verification failed.",
        "expired" => "Nobody reported a caller ID in time.",
        "cancelled" => "The client app gave up.",
        "superseded" => "A newer session for the same number took over.",
        "error" => "The platform could not go on.",
        "overdue" => "A service did not answer in time.",
        _ => "",
    };
}
