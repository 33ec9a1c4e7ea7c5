using System.Globalization;
using FlashCall.Gateway.Access;
using FlashCall.Gateway.Applications;
using FlashCall.Hosting;

namespace FlashCall.Gateway.Edge;

/// <summary>
/// How often an application's keys, and each client token, may ask: <see cref="Application.RateLimits"/>. Every answer says how many
/// requests are left (draft-ietf-httpapi-ratelimit-headers). Each replica gives an equal share of a limit, so that no request has to ask
/// elsewhere; a share is less than the whole where requests are not spread evenly, and never more.
/// </summary>
internal sealed class RateLimiting(LiveReplicas replicas, TimeProvider time)
{
    private const int MostApplications = 10_000;
    private const int MostSessions = 100_000;
    private readonly RateBuckets<string> _applications = new(time, MostApplications);
    private readonly RateBuckets<Guid> _sessions = new(time, MostSessions);

    /// <summary>Counts the request, and lets it through or refuses it (429).</summary>
    public Task PassAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Caller() is not { } caller)
            return next(context);
        var share = 1.0 / replicas.Count;
        var limits = caller.Application.RateLimits;
        var (policy, limit, permit) = caller.SessionId is { } session
            ? ("client-token", limits.ClientToken, _sessions.Take(session, limits.ClientToken, share))
            : ("application", limits.Requests, _applications.Take(caller.Application.Id, limits.Requests, share));
        // Last of all, since whoever writes an error begins with an empty answer.
        context.Response.OnStarting(static state =>
        {
            var (response, policy, limit, permit) = ((HttpResponse, string, RateLimit, Permit))state;
            response.Headers["RateLimit-Policy"] = string.Create(
                CultureInfo.InvariantCulture, $"\"{policy}\";q={limit.Permits};w={(long)limit.Per.TotalSeconds}");
            response.Headers["RateLimit"] = string.Create(
                CultureInfo.InvariantCulture, $"\"{policy}\";r={permit.Left};t={permit.FullInSeconds}");
            return Task.CompletedTask;
        }, (context.Response, policy, limit, permit));
        return permit.IsGranted ? next(context) : RefuseAsync(context, permit, limit);
    }

    private static Task RefuseAsync(HttpContext context, Permit permit, RateLimit limit)
    {
        context.Response.Headers.RetryAfter = permit.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        var whose = context.Caller()!.SessionId is null ? "this application" : "one client token";
        return Problems.WriteAsync(context, Problems.Create(
            StatusCodes.Status429TooManyRequests, "rate_limited", "Too many requests",
            string.Create(CultureInfo.InvariantCulture,
                $"The limit of {whose} is {limit.Permits} requests in {limit.Per.TotalSeconds:0.###} s. ")
            + "Wait for as long as the Retry-After header says."));
    }
}

/// <summary>Puts the limits into the pipeline.</summary>
internal static class RateLimitingSetup
{
    /// <summary>Adds the limits.</summary>
    public static void AddRateLimiting(this WebApplicationBuilder builder) => builder.Services.AddSingleton<RateLimiting>();

    /// <summary>Applies them, once it is known who asks.</summary>
    public static void UseRateLimiting(this WebApplication app)
    {
        var limiting = app.Services.GetRequiredService<RateLimiting>();
        app.Use(limiting.PassAsync);
    }
}
