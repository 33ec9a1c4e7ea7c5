using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace FlashCall.Cli.Tests;

/// <summary>The stream of events, which ends, breaks off or falls silent as the test says.</summary>
internal sealed class FakeEvents
{
    /// <summary>The lines of the events, their cursors rising.</summary>
    public List<string> Lines { get; } = [];

    /// <summary>Ends each answer early, after so many lines; null for never.</summary>
    public int? CutAfter { get; set; }

    /// <summary>Sends no more after so many lines; null for never.</summary>
    public int? SilentAfter { get; set; }

    /// <summary>Set once it has fallen silent.</summary>
    public TaskCompletionSource Silent { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What was asked for.</summary>
    public List<string> Queries { get; } = [];

    /// <summary>The events of a session that is verified.</summary>
    /// <param name="number">Which one.</param>
    public void AddSession(int number)
    {
        var id = new Guid(number, 0, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, 1);
        var begin = new DateTime(2026, 11, 23, 9, 0, 0, DateTimeKind.Utc).AddMilliseconds(number);
        Add(1, "verification_requested", 0, """ "applicationId":"shop","to":"+4670•••0605","purpose":"Login","client":{},"policy":{},""");
        Add(2, "risk_assessed", 10, """ "verdict":"Allow","score":7,"factors":[{"detail":"\"quoted\", and more"}],""");
        Add(3, "attempt_started", 10, """ "attemptId":"a","position":0,"channel":"flash_call",""");
        Add(4, "caller_id_leased", 20, """ "attemptId":"a","callerId":"+4420794•••••","trunk":"demo","candidates":10000,""");
        Add(5, "call_rang", 500, $""" "attemptId":"a","invitedAt":"{Text(begin.AddMilliseconds(25))}",""");
        Add(6, "report_received", 1000, """ "attemptId":"a","source":"Typed","matched":true,""");
        Add(7, "verification_succeeded", 1000, """ "attemptId":"a",""");
        Add(8, "call_ended", 1100, """ "attemptId":"a","disposition":"Rang","answered":false,"trunk":"demo",""");

        void Add(int version, string type, int after, string data)
        {
            var at = Text(begin.AddMilliseconds(after));
            Lines.Add($$"""
                {"cursor":{{Lines.Count * 2 + 1}},"verificationId":"{{id}}","version":{{version}},"type":"{{type}}","storedAt":"{{at}}",
                "traceId":"4bf92f3577b34da6a3ce929d0e0e4736","data":{{{data.Trim()}}"at":"{{at}}" } }
                """.ReplaceLineEndings(""));
        }

        static string Text(DateTime time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
    }

    public async Task AnswerAsync(HttpContext context)
    {
        Queries.Add(Uri.UnescapeDataString(context.Request.QueryString.Value!));
        var after = long.Parse(context.Request.Query["after"]!, CultureInfo.InvariantCulture);
        context.Response.ContentType = "application/x-ndjson";
        var sent = 0;
        var waiting = new StringBuilder();
        foreach (var line in Lines.Skip((int)((after + 1) / 2)))
        {
            if (sent == CutAfter)
            {
                await SendAsync();
                return;
            }
            if (sent == SilentAfter)
            {
                await SendAsync();
                Silent.SetResult();
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                return;
            }
            waiting.Append(line).Append('\n');
            if (++sent % 100 != 0)
                continue;
            waiting.Append(CultureInfo.InvariantCulture, $"{{\"cursor\":{Cursor(line)}}}\n");
            await SendAsync();
        }
        waiting.Append(CultureInfo.InvariantCulture, $"{{\"cursor\":{Lines.Count * 2},\"end\":true}}\n");
        await SendAsync();

        async Task SendAsync()
        {
            await context.Response.WriteAsync(waiting.ToString(), Encoding.UTF8);
            await context.Response.Body.FlushAsync();
            waiting.Clear();
        }
    }

    private static string Cursor(string line) => line["{\"cursor\":".Length..line.IndexOf(',', StringComparison.Ordinal)];
}
