using System.Buffers;
using System.Globalization;
using System.Text.Json;
using FlashCall.Handset.Calls;
using FlashCall.Handset.Phones;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Handset.Http;

/// <summary>What a person or an app sees of a phone, as HTTP.</summary>
internal static class PhoneEndpoints
{
    private const int LongestWaitSeconds = 60;

    /// <summary>Adds the addresses.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/phones/{number}/calls", GetCallsAsync);
        routes.MapDelete("/phones/{number}/calls", DeleteCalls);
        routes.MapGet("/phones/{number}/behaviour", GetBehaviour);
        routes.MapPut("/phones/{number}/behaviour", SetBehaviour);
        routes.MapDelete("/phones/{number}/behaviour", ResetBehaviour);
        routes.MapGet("/calls", GetTotals);
        routes.MapGet("/calls/ringing", TellOfRingingAsync);
        routes.MapGet("/health/live", () => TypedResults.Ok(new Health("healthy")));
        routes.MapGet("/health/ready", (Carrier carrier) => carrier.Sip is null
            ? Results.Json(new Health("unhealthy"), HandsetJson.Default.Health, statusCode: StatusCodes.Status503ServiceUnavailable)
            : Results.Ok(new Health("healthy")));
    }

    private static async Task<Results<Ok<IReadOnlyList<LoggedCall>>, ProblemHttpResult>> GetCallsAsync(
        string number, string? after, string? wait, CallLog log, IHostApplicationLifetime lifetime, HttpContext context)
    {
        if (!DialledNumber.IsWellFormed(number))
            return NotANumber();
        if (!TryReadWhole(after, long.MaxValue, out var sequence))
            return Problems.Invalid("after", "The sequence of a call, 0 or more; calls newer than it are returned.");
        if (!TryReadWhole(wait, LongestWaitSeconds, out var seconds))
            return Problems.Invalid("wait", $"Whole seconds, 0 to {LongestWaitSeconds}.");
        if (seconds > 0)
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
            try
            {
                await log.WaitForRingAsync(number, sequence, TimeSpan.FromSeconds(seconds), ending.Token);
            }
            catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                // Who waits gets what there is, and does not hold up the end of the process.
            }
        }
        return TypedResults.Ok(log.Of(number, sequence));
    }

    private static Results<NoContent, ProblemHttpResult> DeleteCalls(string number, CallLog log)
    {
        if (!DialledNumber.IsWellFormed(number))
            return NotANumber();
        log.Delete(number);
        return TypedResults.NoContent();
    }

    private static Results<Ok<BehaviourBody>, ProblemHttpResult> GetBehaviour(string number, Phonebook phonebook) =>
        DialledNumber.IsWellFormed(number) ? TypedResults.Ok(BehaviourBody.Of(phonebook.BehaviourOf(number))) : NotANumber();

    private static Results<Ok<BehaviourBody>, ProblemHttpResult> SetBehaviour(
        string number, BehaviourBody body, Phonebook phonebook, HandsetSettings settings)
    {
        if (!DialledNumber.IsWellFormed(number))
            return NotANumber();
        if (body.Behaviour is not { } what)
            return Problems.Invalid("behaviour", $"One of {PhoneBehaviour.Names}.");
        var behaviour = new PhoneBehaviour(
            what, body.PostDialDelay ?? settings.Otherwise.PostDialDelay, body.AnswerAfter ?? settings.Otherwise.AnswerAfter);
        if (!PhoneBehaviour.IsTime(behaviour.PostDialDelay))
            return Problems.Invalid("postDialDelay", "A time from 00:00:00 to 00:02:00.");
        if (!PhoneBehaviour.IsTime(behaviour.AnswerAfter))
            return Problems.Invalid("answerAfter", "A time from 00:00:00 to 00:02:00.");
        return phonebook.TrySet(number, behaviour)
            ? TypedResults.Ok(BehaviourBody.Of(behaviour))
            : Problems.Problem(409, "too_many_behaviours", "Too many phones with a behaviour of their own",
                $"At most {Phonebook.MostOwn} phones can have one. Take others back with DELETE, or set a pattern in Handset:Behaviours.");
    }

    private static Results<NoContent, ProblemHttpResult> ResetBehaviour(string number, Phonebook phonebook)
    {
        if (!DialledNumber.IsWellFormed(number))
            return NotANumber();
        phonebook.Reset(number);
        return TypedResults.NoContent();
    }

    private static Ok<TotalsBody> GetTotals(CallLog log, Carrier carrier)
    {
        var totals = log.Totals();
        var sip = carrier.Counters;
        return TypedResults.Ok(new TotalsBody(totals.Calls, carrier.CallsUnderWay, totals.States,
            new SipBody(carrier.Sip?.ToString(), sip.Received, sip.Sent, sip.Retransmitted, sip.Duplicates, sip.Malformed, sip.Faults)));
    }

    /// <summary>A line of JSON for each call of any phone as it begins to ring, for as long as somebody reads.</summary>
    private static async Task TellOfRingingAsync(CallLog log, IHostApplicationLifetime lifetime, HttpContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        using var listener = log.Listen();
        context.Response.ContentType = "application/x-ndjson";
        try
        {
            // The answer begins at once: whoever has it knows that no call is missed from here on.
            await context.Response.Body.FlushAsync(ending.Token);
            while (await listener.Calls.WaitToReadAsync(ending.Token))
            {
                while (listener.Calls.TryRead(out var call))
                {
                    context.Response.BodyWriter.Write(JsonSerializer.SerializeToUtf8Bytes(call, HandsetJson.Default.RingingPhone));
                    context.Response.BodyWriter.Write("\n"u8);
                }
                await context.Response.BodyWriter.FlushAsync(ending.Token);
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // Nobody reads any more, or the handset ends; either ends the answer.
        }
    }

    private static ProblemHttpResult NotANumber() =>
        Problems.Invalid("number", "A plus sign and 3 to 15 digits, such as +46701740605; in an address + may be written %2B.");

    private static bool TryReadWhole(string? text, long max, out long number)
    {
        number = 0;
        return text is null || (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= max);
    }
}
