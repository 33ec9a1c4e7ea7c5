using System.Security.Claims;
using System.Text.Encodings.Web;
using FlashCall.Gateway.Applications;
using FlashCall.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace FlashCall.Gateway.Access;

/// <summary>
/// Authenticates client apps by <c>Authorization: Bearer fck_…</c> and refuses as RFC 6750 §3 has it, with a problem document as body.
/// </summary>
/// <remarks>Without a logger: the framework's line for each refused request would let strangers fill the log.</remarks>
internal sealed class ApiKeyAuthentication(
    ApplicationDirectory applications, TimeProvider time, IOptionsMonitor<AuthenticationSchemeOptions> options, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, NullLoggerFactory.Instance, encoder)
{
    /// <summary>The name of the scheme.</summary>
    public const string SchemeName = "ApiKey";

    private const string Bearer = "Bearer ";
    private const string Realm = "Bearer realm=\"flashcall\"";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    private AuthenticateResult Authenticate()
    {
        var authorization = Request.Headers.Authorization;
        if (authorization.Count == 0)
            return AuthenticateResult.NoResult();
        // Two credentials leave open who is asking; proxies and servers differ in which one they take.
        if (authorization.Count > 1 || authorization[0] is not { } value || !value.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
            return AuthenticateResult.Fail("The Authorization header is not one Bearer credential.");
        return applications.FindApiKey(value.AsSpan(Bearer.Length).Trim(' ')) is { } found
            && !found.Key.HasExpired(time.GetUtcNow())
            ? AuthenticateResult.Success(new AuthenticationTicket(PrincipalOf(found.Application, found.Key), SchemeName))
            : AuthenticateResult.Fail("The key is not known.");
    }

    private static ClaimsPrincipal PrincipalOf(Application application, ApplicationKey key) => new(new ClaimsIdentity(
        [
            new Claim(InternalIdentity.ApplicationClaim, application.Id),
            new Claim(ApplicationKey.Claim, key.Id.ToString()),
            .. application.Scopes.Select(scope => new Claim(InternalIdentity.ScopeClaim, scope)),
        ],
        SchemeName));

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var problem = Problems.ForStatus(StatusCodes.Status401Unauthorized);
        if (Request.Headers.Authorization.Count == 0)
        {
            Response.Headers.WWWAuthenticate = Realm;
        }
        else
        {
            Response.Headers.WWWAuthenticate = Realm + ", error=\"invalid_token\"";
            problem.Detail = "The API key is not valid. Send one 'Authorization: Bearer <key>' header with the whole key, "
                + "and check that it has not expired and has not been revoked.";
        }
        await Problems.WriteAsync(Context, problem);
    }

    protected override async Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        var problem = Problems.ForStatus(StatusCodes.Status403Forbidden);
        var scope = Context.GetEndpoint()?.Metadata.GetMetadata<IAuthorizeData>()?.Policy;
        Response.Headers[HeaderNames.WWWAuthenticate] = $"{Realm}, error=\"insufficient_scope\", scope=\"{scope}\"";
        problem.Detail = $"This key does not have the scope '{scope}', which the operation needs. Use a key of an application that has it.";
        await Problems.WriteAsync(Context, problem);
    }
}

/// <summary>Adds authentication by API key, and one authorization policy a scope, named like it.</summary>
internal static class ApiKeyAccess
{
    /// <summary>Lets the applications of the directory in.</summary>
    public static void AddApiKeyAccess(this WebApplicationBuilder builder)
    {
        // The core alone: AddAuthentication would also make and store data protection keys, which nothing here is protected with.
        builder.Services.AddAuthenticationCore(authentication => authentication.DefaultScheme = ApiKeyAuthentication.SchemeName);
        builder.Services.AddWebEncoders();
        new AuthenticationBuilder(builder.Services)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyAuthentication>(ApiKeyAuthentication.SchemeName, configureOptions: null);
        builder.Services.AddAuthorization(authorization =>
        {
            foreach (var scope in Scopes.All)
                authorization.AddPolicy(scope, policy => policy.RequireClaim(InternalIdentity.ScopeClaim, scope));
        });
    }
}
