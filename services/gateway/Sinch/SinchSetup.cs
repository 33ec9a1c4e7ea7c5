using System.Diagnostics;
using FlashCall.Gateway.Access;
using FlashCall.Gateway.Services;
using FlashCall.Gateway.Webhooks.Deliveries;
using FlashCall.Hosting;
using Npgsql;

namespace FlashCall.Gateway.Sinch;

/// <summary>
/// Sessions for client apps that were written for Sinch Verification: they work here with another base address. A translation onto the
/// verification service's own API and nothing else.
/// </summary>
internal static class SinchSetup
{
    /// <summary>Where all of it is.</summary>
    public const string Prefix = "/verification/v1";

    private const string ById = "/id/{id}";
    private const string ByNumber = "/number/{number}";

    /// <summary>Adds what it needs beside webhooks, which its callbacks go out by.</summary>
    public static void AddSinch(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<References>();
        builder.AddSweep<OldReferences>();
        builder.Services.AddSingleton<RequestCallback>();
        builder.Services.AddSingleton<IAudience, ResultCallback>();
        builder.Services.AddSingleton<StartSinchVerification>();
        builder.Services.AddSingleton<FindSinchVerification>();
        builder.Services.AddSingleton<ReportSinchVerification>();
        builder.Services.AddSingleton<SinchTelemetry>();
    }

    /// <summary>Adds the endpoints.</summary>
    public static void MapSinch(this WebApplication app)
    {
        var verifications = app.MapGroup(Prefix + "/verifications").WithMetadata(new AcceptsSinchCredentials());
        verifications.AddEndpointFilter(AnswerWhatFailsAsync);
        var written = verifications.MapGroup("").RequireAuthorization(Scopes.VerificationsWrite);
        written.MapPost("", StartSinchVerification.HandleAsync);
        written.MapPut(ById, ReportSinchVerification.ByIdAsync);
        written.MapPut(ByNumber, ReportSinchVerification.ByNumberAsync);
        written.MapPatch(ByNumber, SinchTelemetry.HandleAsync);
        var read = verifications.MapGroup("").RequireAuthorization(Scopes.VerificationsRead);
        read.MapGet(ById, FindSinchVerification.ByIdAsync);
        read.MapGet("/{method}" + ByNumber, FindSinchVerification.ByNumberAsync);
        read.MapGet("/reference/{**reference}", FindSinchVerification.ByReferenceAsync);
    }

    private static async ValueTask<object?> AnswerWhatFailsAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        // However the number is spelt in the address, no trace may hold it.
        if (context.HttpContext.GetRouteValue("number") is not null)
            Activity.Current?.SetTag("url.path", (context.HttpContext.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText);
        try
        {
            return await next(context);
        }
        // Whoever depends on the two is told so by /health/ready; here the client is.
        catch (Exception exception) when (exception is VerificationUnavailableException or NpgsqlException or TimeoutException)
        {
            return new SinchRefusal(SinchError.NotAvailable);
        }
    }
}

/// <summary>An error as the answer of an endpoint.</summary>
internal sealed class SinchRefusal(SinchError error) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => SinchErrors.WriteAsync(httpContext, error);
}
