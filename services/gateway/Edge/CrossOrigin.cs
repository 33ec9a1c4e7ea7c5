using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using FlashCall.Gateway.Access;
using FlashCall.Gateway.Applications;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Net.Http.Headers;

namespace FlashCall.Gateway.Edge;

/// <summary>
/// Which web pages may read the answers (CORS, Fetch standard §3.3): those of the caller's <see cref="Application.AllowedOrigins"/>. A
/// preflight comes without a credential, so it is answered if any application has the origin; so is a request whose credential was not
/// accepted, or the page could not learn that. Without credentials mode: there are no cookies that a foreign page could ride on.
/// </summary>
internal sealed class CrossOrigin(ApplicationDirectory applications) : ICorsPolicyProvider
{
    private static readonly TimeSpan PreflightLasts = TimeSpan.FromMinutes(10);

    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

    /// <summary>Those that the API reads.</summary>
    private static readonly string[] RequestHeaders =
    [
        HeaderNames.Accept, HeaderNames.AcceptLanguage, HeaderNames.Authorization, HeaderNames.ContentType, "Idempotency-Key",
        HeaderNames.IfMatch, HeaderNames.IfNoneMatch, "Last-Event-ID", "Prefer", RequestSignature.TimestampHeader, HeaderNames.TraceParent,
        HeaderNames.TraceState,
    ];

    private static readonly string[] AnswerHeaders =
    [
        HeaderNames.Location, HeaderNames.ETag, HeaderNames.RetryAfter, "RateLimit", "RateLimit-Policy", "Preference-Applied",
    ];

    private static readonly ConditionalWeakTable<ApplicationSnapshot, FrozenSet<string>> Origins = [];

    /// <inheritdoc/>
    public Task<CorsPolicy?> GetPolicyAsync(HttpContext context, string? policyName)
    {
        var builder = new CorsPolicyBuilder()
            .WithMethods(Methods)
            .WithHeaders(RequestHeaders)
            .WithExposedHeaders(AnswerHeaders)
            .SetPreflightMaxAge(PreflightLasts);
        builder.SetIsOriginAllowed(context.Caller() is { } caller
            ? origin => caller.Application.AllowedOrigins.Contains(origin, StringComparer.OrdinalIgnoreCase)
            : OriginsOf(applications.Current).Contains);
        return Task.FromResult<CorsPolicy?>(builder.Build());
    }

    private static FrozenSet<string> OriginsOf(ApplicationSnapshot snapshot) => Origins.GetValue(snapshot, static all =>
        all.All.SelectMany(application => application.AllowedOrigins).ToFrozenSet(StringComparer.OrdinalIgnoreCase));
}

/// <summary>Puts it into the pipeline.</summary>
internal static class CrossOriginSetup
{
    /// <summary>Adds the policy.</summary>
    public static void AddCrossOrigin(this WebApplicationBuilder builder)
    {
        builder.Services.AddCors();
        builder.Services.AddSingleton<ICorsPolicyProvider, CrossOrigin>();
    }
}
