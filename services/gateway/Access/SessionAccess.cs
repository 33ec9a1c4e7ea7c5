using FlashCall.Hosting;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;

namespace FlashCall.Gateway.Access;

/// <summary>
/// What client tokens may do: act on the one session that they are bound to, at addresses that name it as <c>{id}</c>. There, the scope
/// does as well, for all sessions of the application.
/// </summary>
internal static class SessionAccess
{
    private const string Suffix = " or own session";
    private const string RouteValue = "id";

    /// <summary>The policy for callers with the scope, and for client tokens of the session that the address names.</summary>
    public static string Or(string scope) => scope + Suffix;

    /// <summary>Whether the policy lets client tokens in.</summary>
    public static bool IsForSessions(string policy) => policy.EndsWith(Suffix, StringComparison.Ordinal);

    /// <summary>The scope that a policy asks for.</summary>
    public static string ScopeOf(string policy) => IsForSessions(policy) ? policy[..^Suffix.Length] : policy;

    /// <summary>What the verification service says of a session that it does not have, or that is another's.</summary>
    public static ProblemDetails NoSuchSession() => Problems.Create(
        StatusCodes.Status404NotFound, "verification_not_found", "No such verification", "This application has no verification with this id.");

    /// <summary>Adds the policies: one a scope, named like it, and <see cref="Or"/> of each.</summary>
    public static void AddPolicies(AuthorizationOptions authorization)
    {
        foreach (var scope in Scopes.All)
        {
            authorization.AddPolicy(scope, policy => policy.RequireClaim(InternalIdentity.ScopeClaim, scope));
            authorization.AddPolicy(Or(scope), policy => policy.RequireAssertion(context =>
                context.User.HasClaim(InternalIdentity.ScopeClaim, scope)
                || (context.Resource is HttpContext http && http.Caller()?.SessionId is { } session
                    && Guid.TryParse(http.GetRouteValue(RouteValue) as string, out var asked) && asked == session)));
        }
    }
}
