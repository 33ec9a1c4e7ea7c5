using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Text.Encodings.Web;
using FlashCall.Gateway.Applications;
using FlashCall.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FlashCall.Gateway.Access;

/// <summary>
/// Authenticates callers by their <see cref="Credentials"/>, and refuses as RFC 9110 §11.6.1 and RFC 6750 §3 have it, with a problem
/// document as body.
/// </summary>
/// <remarks>Without a logger: the framework's line for each refused request would let strangers fill the log.</remarks>
internal sealed class CallerAuthentication(
    Credentials credentials, FailedAttempts failures, IOptionsMonitor<AuthenticationSchemeOptions> options, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, NullLoggerFactory.Instance, encoder)
{
    /// <summary>The name of the scheme.</summary>
    public const string SchemeName = "Caller";

    private const string Realm = "realm=\"flashcall\"";

    /// <summary>What the framework sees of an application with each of its keys: made once for each version of it.</summary>
    private static readonly ConditionalWeakTable<Application, ConcurrentDictionary<Guid, ClaimsPrincipal>> Principals = [];

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers.Authorization.Count == 0)
            return AuthenticateResult.NoResult();
        var (caller, refusal) = await credentials.CheckAsync(Context);
        if (caller is null)
        {
            Context.Features.Set(refusal);
            return AuthenticateResult.Fail(refusal!.Title);
        }
        Context.Features.Set(caller);
        return AuthenticateResult.Success(new AuthenticationTicket(PrincipalOf(caller), SchemeName));
    }

    private static ClaimsPrincipal PrincipalOf(Caller caller) => caller.SessionId is { } session
        ? new(new ClaimsIdentity(
            [
                new(InternalIdentity.ApplicationClaim, caller.Application.Id),
                new(InternalIdentity.ScopeClaim, InternalIdentity.SessionScope),
                new(InternalIdentity.SessionClaim, session.ToString()),
            ],
            SchemeName))
        : Principals.GetOrCreateValue(caller.Application).GetOrAdd(
            caller.KeyId!.Value,
            static (key, application) => new(new ClaimsIdentity(
                [
                    new(InternalIdentity.ApplicationClaim, application.Id),
                    new(ApplicationKey.Claim, key.ToString()),
                    .. application.Scopes.Select(scope => new Claim(InternalIdentity.ScopeClaim, scope)),
                ],
                SchemeName)),
            caller.Application);

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (Context.Features.Get<Refusal>() is not { } refusal)
        {
            Response.Headers.WWWAuthenticate = Challenge("Bearer");
            await Problems.WriteAsync(Context, Problems.ForStatus(StatusCodes.Status401Unauthorized));
            return;
        }
        if (refusal.MayBeGuess && failures.Note(Context.Connection.RemoteIpAddress) is { IsGranted: false } waits)
        {
            Response.Headers.RetryAfter = waits.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
            await Problems.WriteAsync(Context, FailedAttempts.TooMany());
            return;
        }
        if (refusal.Status == StatusCodes.Status401Unauthorized)
        {
            Response.Headers.WWWAuthenticate = refusal == Refusal.StrongerNeeded
                ? Challenge("Application")
                : Challenge("Bearer") + ", error=\"invalid_token\"";
        }
        await Problems.WriteAsync(Context, refusal.ToProblem());

        static string Challenge(string scheme) => $"{scheme} {Realm}";
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        var policy = Context.GetEndpoint()?.Metadata.GetMetadata<IAuthorizeData>()?.Policy ?? "";
        if (Context.Caller() is { SessionId: not null })
        {
            // Another session may exist or not; a client token does not tell.
            if (SessionAccess.IsForSessions(policy))
                return Problems.WriteAsync(Context, SessionAccess.NoSuchSession());
            var bound = Problems.ForStatus(StatusCodes.Status403Forbidden);
            bound.Detail = "A client token may look at its own verification, follow it, report, cancel and send telemetry; nothing else. "
                + "Use an API key, from a backend.";
            return Problems.WriteAsync(Context, bound);
        }
        var scope = SessionAccess.ScopeOf(policy);
        Response.Headers.WWWAuthenticate = $"Bearer {Realm}, error=\"insufficient_scope\", scope=\"{scope}\"";
        var problem = Problems.ForStatus(StatusCodes.Status403Forbidden);
        problem.Detail = $"This key does not have the scope '{scope}', which the operation needs. Use a key of an application that has it.";
        return Problems.WriteAsync(Context, problem);
    }
}
