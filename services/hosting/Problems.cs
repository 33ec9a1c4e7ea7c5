using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace FlashCall.Hosting;

/// <summary>
/// Errors as problem details (RFC 9457): a stable <c>code</c> in snake_case for programs, a <c>detail</c> that tells a person what would
/// be right, <c>errors</c> by field where there are several, and the <c>traceId</c> to ask an operator about.
/// </summary>
public static class Problems
{
    /// <summary>A replica that died is replaced, or found dead, within this time; seconds.</summary>
    private const string RetryAfter = "2";

    /// <summary>An error as a response.</summary>
    /// <param name="status">HTTP status, 400 to 599.</param>
    /// <param name="code">Stable code in snake_case.</param>
    /// <param name="title">What kind of error this is; the same for every occurrence.</param>
    /// <param name="detail">What is wrong this time and what would be right, without personal data.</param>
    /// <param name="errors">Messages by field, in the spelling of the request (<c>client.ip</c>).</param>
    public static ProblemHttpResult Problem(
        int status, string code, string title, string detail, IDictionary<string, string[]>? errors = null) =>
        TypedResults.Problem(Create(status, code, title, detail, errors));

    /// <summary>The same as a document.</summary>
    public static ProblemDetails Create(int status, string code, string title, string detail, IDictionary<string, string[]>? errors = null)
    {
        var problem = new ProblemDetails
        {
            Type = $"/problems/{code.Replace('_', '-')}",
            Title = title,
            Status = status,
            Detail = detail,
            Extensions = { ["code"] = code, ["traceId"] = Activity.Current?.TraceId.ToHexString() },
        };
        if (errors is { Count: > 0 })
            problem.Extensions["errors"] = errors;
        return problem;
    }

    /// <summary>The problem that stands for a bare HTTP status.</summary>
    public static ProblemDetails ForStatus(int status) => status switch
    {
        400 => Create(400, "bad_request", "Bad request", "The request could not be read."),
        401 => Create(401, "unauthorized", "No valid credential", "Send an API key as 'Authorization: Bearer <key>'."),
        403 => Create(403, "forbidden", "Not allowed", "This credential does not have the scope that the operation needs."),
        404 => Create(404, "not_found", "Not found", "There is nothing at this address."),
        405 => Create(405, "method_not_allowed", "Method not allowed",
            "This address does not take that method; the Allow header lists those it takes."),
        406 => Create(406, "not_acceptable", "Not acceptable", "Responses are application/json; allow it in the Accept header."),
        408 => Create(408, "request_timeout", "Request too slow", "The request body did not arrive in time. Send it again."),
        413 => Create(413, "body_too_large", "Body too large", "The request body is larger than 64 KiB."),
        414 => Create(414, "uri_too_long", "Address too long", "The address is longer than 8 KiB."),
        415 => Create(415, "unsupported_media_type", "Unsupported media type", "Send the body as 'Content-Type: application/json'."),
        429 => Create(429, "too_many_requests", "Too many requests", "Wait for as long as the Retry-After header says."),
        431 => Create(431, "headers_too_large", "Headers too large", "The request headers are larger than 32 KiB."),
        502 or 503 => Create(503, "unavailable", "Not available at the moment",
            "The service is not available at the moment. Try again in a few seconds."),
        504 => Create(504, "timeout", "No answer in time", "The service did not answer in time. Try again in a few seconds."),
        _ => Create(status, status >= 500 ? "internal_error" : "bad_request", status >= 500 ? "Internal error" : "Bad request",
            status >= 500
                ? "Something went wrong on our side. Try again, and give the traceId if it stays."
                : "The request could not be handled."),
    };

    /// <summary>The problem for a request that may have been carried out, though its answer is missing: what it says depends on whether
    /// the request may be repeated.</summary>
    /// <param name="status">502, 503 or 504.</param>
    /// <param name="request">The request.</param>
    public static ProblemDetails InDoubt(int status, HttpRequest request)
    {
        var problem = ForStatus(status);
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
            return problem;
        problem.Detail = request.Headers.ContainsKey("Idempotency-Key")
            ? "There is no answer, and the request may have been carried out. Send it again with the same Idempotency-Key in a few seconds: "
              + "it is not done twice."
            : "There is no answer, and the request may have been carried out. Look up what has become of it before sending it again.";
        return problem;
    }

    internal static void AddProblems(this IServiceCollection services)
    {
        services.AddSingleton<OutageLog>();
        // The framework puts the whole traceparent there; an operator looks a trace up by its id alone.
        services.AddProblemDetails(problems => problems.CustomizeProblemDetails = context =>
            context.ProblemDetails.Extensions["traceId"] = Activity.Current?.TraceId.ToHexString());
        services.AddExceptionHandler<UnreadableRequests>();
        services.AddExceptionHandler<UnstorableText>();
        services.AddExceptionHandler<Outages>();
        // Unreadable input reaches the exception handler as an exception, so that the answer can say what is wrong with it.
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
    }

    /// <summary>Gives every error that comes from further down the pipeline its problem document.</summary>
    public static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = context => WriteAsync(context, ForStatus(500)),
            SuppressDiagnosticsCallback = handled => handled.Exception is BadHttpRequestException || UnstorableText.Is(handled.Exception)
                || DatabaseOutage.Of(handled.Exception) is not null,
        });
        app.UseStatusCodePages(pages => WriteAsync(pages.HttpContext, ForStatus(pages.HttpContext.Response.StatusCode)));
        app.UseUtf8Bodies();
    }

    /// <summary>Writes a problem as the response: as problem details, or in the <see cref="ProblemForm"/> that the address has. One that
    /// passes by itself says when to come back (RFC 9110 §10.2.3).</summary>
    public static Task WriteAsync(HttpContext context, ProblemDetails problem)
    {
        if (problem.Status is 503 or 504 && context.Response.Headers.RetryAfter.Count == 0)
            context.Response.Headers.RetryAfter = RetryAfter;
        if (context.Features.Get<ProblemForm>() is { } form)
            return form.WriteAsync(context, problem);
        context.Response.StatusCode = problem.Status ?? 500;
        // Without a token of ours it is the request's own, and a client that has left is none of an error.
        return context.Response.WriteAsJsonAsync(problem, options: null, contentType: "application/problem+json", CancellationToken.None);
    }

    /// <summary>Text that the database does not keep: U+0000, wherever it stood. Nothing was changed: what would have been is rolled
    /// back.</summary>
    private sealed class UnstorableText : IExceptionHandler
    {
        /// <summary>PostgreSQL's <c>character_not_in_repertoire</c>, and <c>untranslatable_character</c> in a JSON document.</summary>
        public static bool Is(Exception exception) => exception.GetBaseException() is PostgresException
        {
            SqlState: PostgresErrorCodes.CharacterNotInRepertoire or PostgresErrorCodes.UntranslatableCharacter,
        };

        public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
        {
            if (!Is(exception))
                return false;
            await WriteAsync(httpContext, Create(422, "validation_failed", "The request is not valid",
                "A text has the character U+0000, which cannot be kept. Leave it out."));
            return true;
        }
    }

    /// <summary>The database cannot do its part: nothing is wrong with the request, and it is not an error of ours either.</summary>
    private sealed class Outages(OutageLog log) : IExceptionHandler
    {
        public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
        {
            if (DatabaseOutage.Of(exception) is not { } outage)
                return false;
            log.Note(outage, exception);
            await WriteAsync(httpContext, outage.IsInDoubt ? InDoubt(503, httpContext.Request) : ForStatus(503));
            return true;
        }
    }

    /// <summary>Bodies that are no JSON, have the wrong types, or are too large.</summary>
    private sealed class UnreadableRequests : IExceptionHandler
    {
        public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
        {
            if (exception is not BadHttpRequestException unreadable)
                return false;
            await WriteAsync(
                httpContext, unreadable.InnerException is JsonException json ? Malformed(json) : ForStatus(unreadable.StatusCode));
            return true;
        }

        private static ProblemDetails Malformed(JsonException json)
        {
            var field = json.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : null;
            return field is null
                ? Create(400, "malformed_json", "Malformed JSON",
                    $"The body is not a JSON document that this operation takes (line {json.LineNumber + 1 ?? 1}).")
                : Create(400, "malformed_json", "Malformed JSON", $"The field '{field}' has a value of the wrong type or form.",
                    new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = ["Wrong type or form."] });
        }
    }
}

/// <summary>A feature of requests to addresses whose clients expect errors in another form than problem details.</summary>
/// <param name="WriteAsync">Writes a problem as the response, its status included.</param>
public sealed record ProblemForm(Func<HttpContext, ProblemDetails, Task> WriteAsync);
