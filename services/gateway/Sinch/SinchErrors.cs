using System.Net.Mime;
using FlashCall.Gateway.Services;
using FlashCall.Hosting;
using Microsoft.AspNetCore.Mvc;

namespace FlashCall.Gateway.Sinch;

/// <summary>An error of the Sinch-compatible surface.</summary>
/// <param name="Code">Five digits, of which the first three are the HTTP status.</param>
/// <param name="Message">What is wrong and what would be right, without personal data.</param>
internal sealed record SinchError(int Code, string Message)
{
    /// <summary>A parameter is missing or not right.</summary>
    public const int Parameter = 40001;

    /// <summary>The request cannot be read.</summary>
    public const int Request = 40003;

    /// <summary>A number does not begin with its plus sign.</summary>
    public const int MissingPlus = 40005;

    /// <summary>There is no <c>Authorization</c> header.</summary>
    public const int NoAuthorization = 40100;

    /// <summary>The timestamp of a signed request is not right.</summary>
    public const int Timestamp = 40101;

    /// <summary>The signature of a signed request is not right, or was used before.</summary>
    public const int Signature = 40102;

    /// <summary>The credential is too weak.</summary>
    public const int StrongerNeeded = 40104;

    /// <summary>The key has expired.</summary>
    public const int Expired = 40105;

    /// <summary>Nobody has this credential.</summary>
    public const int Credentials = 40108;

    /// <summary>There is no credit for the call.</summary>
    public const int Credit = 40200;

    /// <summary>Not allowed.</summary>
    public const int Forbidden = 40300;

    /// <summary>There is no such thing.</summary>
    public const int NotFound = 40400;

    /// <summary>It contradicts what is there.</summary>
    public const int Conflict = 40900;

    /// <summary>The application's callback did not answer as it should.</summary>
    public const int CallbackAnswer = 42202;

    /// <summary>More is asked for than can be had.</summary>
    public const int Capacity = 42900;

    /// <summary>The same is asked for too often.</summary>
    public const int Velocity = 42901;

    /// <summary>Something went wrong here.</summary>
    public const int Internal = 50000;

    /// <summary>Not available at the moment.</summary>
    public const int Unavailable = 50300;

    /// <summary>A service behind the gateway does not answer.</summary>
    public static readonly SinchError NotAvailable =
        new(Unavailable, "The service is not available at the moment. Try again in a few seconds.");

    /// <summary>The HTTP status that goes with it.</summary>
    public int Status => Code / 100;

    /// <summary>The error that a problem document is (RFC 9457).</summary>
    public static SinchError Of(ProblemDetails problem) =>
        Of(problem.Status ?? StatusCodes.Status500InternalServerError, problem.Extensions["code"] as string, problem.Detail);

    /// <summary>The error that the verification service's refusal is. That it did not let the gateway in is no matter of the
    /// client's.</summary>
    public static SinchError Of(VerificationAnswer refusal) => refusal.Status is StatusCodes.Status401Unauthorized
        ? new(Internal, "Something went wrong on our side. Try again.")
        : Of(refusal.Status, refusal.Code, refusal.Text("detail"));

    private static SinchError Of(int status, string? code, string? detail) => new(
        code switch
        {
            "unauthorized" => Credentials,
            "invalid_timestamp" => Timestamp,
            "invalid_signature" or "replayed" => Signature,
            "stronger_authorization_needed" => StrongerNeeded,
            "credential_expired" => Expired,
            "missing_number" or "invalid_number" or "validation_failed" => Parameter,
            "bad_request" or "malformed_json" => Request,
            _ => status switch
            {
                StatusCodes.Status422UnprocessableEntity => Parameter,
                StatusCodes.Status502BadGateway => Unavailable,
                _ => status * 100,
            },
        },
        detail ?? "The request could not be handled.");
}

/// <summary>Writes errors in the form of the Sinch-compatible surface: never as problem documents, whose integer <c>status</c> some of its
/// client libraries do not read.</summary>
internal static class SinchErrors
{
    private static readonly ProblemForm Form = new(WriteAsync);

    /// <summary>Gives every error of an address of the surface this form, whoever finds it. Before all that may refuse.</summary>
    public static void UseSinchErrors(this WebApplication app) => app.Use((context, next) =>
    {
        if (context.Request.Path.StartsWithSegments(SinchSetup.Prefix, StringComparison.OrdinalIgnoreCase))
            context.Features.Set(Form);
        return next(context);
    });

    /// <summary>Writes an error as the response.</summary>
    public static Task WriteAsync(HttpContext context, SinchError error)
    {
        context.Response.StatusCode = error.Status;
        return context.Response.WriteAsJsonAsync(
            new ErrorDocument(error.Code, error.Message, System.Diagnostics.Activity.Current?.TraceId.ToHexString()), SinchJson.Options,
            MediaTypeNames.Application.Json, context.RequestAborted);
    }

    private static Task WriteAsync(HttpContext context, ProblemDetails problem)
    {
        var error = SinchError.Of(problem);
        return WriteAsync(context, error.Code == SinchError.Credentials && context.Request.Headers.Authorization.Count == 0
            ? error with { Code = SinchError.NoAuthorization }
            : error);
    }

    /// <param name="ErrorCode">See <see cref="SinchError.Code"/>.</param>
    /// <param name="Message">What is wrong.</param>
    /// <param name="Reference">What to give an operator who is asked about it: the trace's id.</param>
    private sealed record ErrorDocument(int ErrorCode, string Message, string? Reference);
}
