using System.Text.Json;
using FlashCall.Handset.Phones;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Handset.Http;

/// <summary>Errors as problem details (RFC 9457).</summary>
internal static class Problems
{
    /// <summary>A part of the request is wrong.</summary>
    public static ProblemHttpResult Invalid(string field, string right) =>
        Problem(400, "invalid_request", "Invalid request", $"'{field}' is missing or wrong. {right}");

    /// <summary>An error as a response.</summary>
    public static ProblemHttpResult Problem(int status, string code, string title, string detail) => TypedResults.Problem(
        detail, instance: null, status, title, $"/problems/{code.Replace('_', '-')}", [new KeyValuePair<string, object?>("code", code)]);

    /// <summary>Unreadable bodies, addresses that lead nowhere, and faults get the same form.</summary>
    public static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = context => Of(context.Features.Get<IExceptionHandlerFeature>()?.Error).ExecuteAsync(context),
            SuppressDiagnosticsCallback = handled => handled.Exception is BadHttpRequestException,
        });
        app.UseStatusCodePages(pages => OfStatus(pages.HttpContext.Response.StatusCode).ExecuteAsync(pages.HttpContext));
    }

    private static ProblemHttpResult Of(Exception? exception) => exception switch
    {
        BadHttpRequestException { InnerException: JsonException } => Problem(400, "malformed_json", "Malformed JSON",
            $"The body must be like {{\"behaviour\": \"busy\", \"postDialDelay\": \"00:00:01\"}}; " +
            $"behaviour is one of {PhoneBehaviour.Names}."),
        BadHttpRequestException unreadable => OfStatus(unreadable.StatusCode),
        _ => OfStatus(500),
    };

    private static ProblemHttpResult OfStatus(int status) => status switch
    {
        404 => Problem(404, "not_found", "Not found",
            "Addresses here are /phones/{number}/calls, /phones/{number}/behaviour, /calls, /calls/ringing, /health/live and "
            + "/health/ready."),
        405 => Problem(405, "method_not_allowed", "Method not allowed", "The Allow header lists the methods that this address takes."),
        415 => Problem(415, "unsupported_media_type", "Unsupported media type", "Send the body as 'Content-Type: application/json'."),
        >= 500 => Problem(status, "internal_error", "Internal error", "The handset could not do this; its log says why."),
        _ => Problem(status, "bad_request", "Bad request", "The request could not be read."),
    };
}
