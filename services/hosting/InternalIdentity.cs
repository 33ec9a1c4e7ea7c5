using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace FlashCall.Hosting;

/// <summary>
/// How a service knows that a request came through the gateway, and for whom. The gateway turns the credential of a client app into a
/// short-lived token (JWT, RFC 7519, signed ES256); services hold the public key alone, so none of them can mint one.
/// </summary>
public static class InternalIdentity
{
    /// <summary>The claim with the application's id.</summary>
    public const string ApplicationClaim = "sub";

    /// <summary>The claim with the scopes, separated by spaces (RFC 8693 §4.2).</summary>
    public const string ScopeClaim = "scope";

    /// <summary>The claim with the only session that the caller may act on; a device's client token has one, an application's key none. Its
    /// scope is <see cref="SessionScope"/>.</summary>
    public const string SessionClaim = "session";

    /// <summary>The scope of a caller that is bound to one session.</summary>
    public const string SessionScope = "session";

    /// <summary>The claim with the application's own policies, JSON: <see cref="Contracts.PurposePolicy"/> by purpose in snake_case.</summary>
    public const string PoliciesClaim = "policies";

    private const string Issuer = "flashcall-gateway";
    private const string Audience = "flashcall-services";

    /// <summary>Makes a service refuse every request without a valid token, health excepted, and gives endpoints the application that
    /// asks.</summary>
    /// <exception cref="SettingsException">The public key is missing or unreadable.</exception>
    public static void AddInternalIdentity(this WebApplicationBuilder builder)
    {
        var key = ReadKey(builder.Configuration, "Identity:PublicKey", signs: false);
        // The core alone: AddAuthentication would also make and store data protection keys, which nothing here is protected with.
        builder.Services.AddAuthenticationCore(authentication => authentication.DefaultScheme = JwtBearerDefaults.AuthenticationScheme);
        builder.Services.AddWebEncoders();
        builder.Services.TryAddSingleton(TimeProvider.System);
        new AuthenticationBuilder(builder.Services).AddScheme<JwtBearerOptions, JwtBearerHandler>(
            JwtBearerDefaults.AuthenticationScheme,
            jwt =>
            {
                jwt.MapInboundClaims = false;
                jwt.TokenValidationParameters = new TokenValidationParameters
                {
                    ValidIssuer = Issuer,
                    ValidAudience = Audience,
                    IssuerSigningKey = key,
                    ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
                    ClockSkew = TimeSpan.FromSeconds(10),
                    RequireExpirationTime = true,
                };
            });
        // A caller that is bound to one session gets to what says that it is for such callers, and to nothing else.
        builder.Services.AddAuthorization(authorization =>
            authorization.FallbackPolicy = new AuthorizationPolicyBuilder()
                .RequireAuthenticatedUser()
                .RequireAssertion(context => !context.User.HasClaim(claim => claim.Type == SessionClaim))
                .Build());
    }

    /// <summary>The application a request is made for.</summary>
    public static string ApplicationId(this ClaimsPrincipal caller) =>
        caller.FindFirstValue(ApplicationClaim)
        ?? throw new InvalidOperationException("An authenticated request carries the application's id.");

    /// <summary>The only session that a request may act on; null where it may act on all of its application's.</summary>
    public static Guid? SessionId(this ClaimsPrincipal caller) =>
        caller.FindFirstValue(SessionClaim) is { } id ? Guid.Parse(id) : null;

    /// <summary>Refuses requests of applications without the scope (403), also where a gateway forgot to.</summary>
    /// <param name="endpoints">The endpoints.</param>
    /// <param name="scope">The scope.</param>
    public static TBuilder RequireScope<TBuilder>(this TBuilder endpoints, string scope)
        where TBuilder : IEndpointConventionBuilder =>
        endpoints.RequireAuthorization(policy => policy.RequireAssertion(context => HasScope(context.User, scope)));

    /// <summary>The same for endpoints of one session, which its address names as <c>{id}</c>: a caller that is bound to a session needs no
    /// scope, gets to that one, and is told of any other that it does not exist (404).</summary>
    /// <param name="endpoints">The endpoints.</param>
    /// <param name="scope">The scope that all others need.</param>
    /// <param name="noSuchSession">What a caller is told of a session that is not there.</param>
    public static TBuilder RequireScopeOrSession<TBuilder>(this TBuilder endpoints, string scope, Func<IResult> noSuchSession)
        where TBuilder : IEndpointConventionBuilder =>
        endpoints
            .RequireAuthorization(policy => policy.RequireAssertion(context =>
                context.User.HasClaim(claim => claim.Type == SessionClaim)
                    ? HasScope(context.User, SessionScope)
                    : HasScope(context.User, scope)))
            .AddEndpointFilter((context, next) =>
                context.HttpContext.User.SessionId() is { } session
                && (!Guid.TryParse(context.HttpContext.GetRouteValue("id") as string, out var asked) || asked != session)
                    ? ValueTask.FromResult<object?>(noSuchSession())
                    : next(context));

    /// <summary>Whether the application that a request is made for has the scope.</summary>
    public static bool HasScope(this ClaimsPrincipal caller, string scope) =>
        caller.FindFirstValue(ScopeClaim)?.Split(' ').Contains(scope, StringComparer.Ordinal) == true;

    internal static ECDsaSecurityKey ReadKey(IConfiguration configuration, string setting, bool signs)
    {
        var variable = SettingName.Of(setting);
        if (configuration[setting] is not { Length: > 0 } pem)
        {
            throw new SettingsException(
                variable, "is missing. Give an EC P-256 key in PEM form, best as a file in the folder FLASHCALL_SECRETS names.");
        }
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new SettingsException(
                variable, "is not an EC key in PEM form (-----BEGIN PUBLIC KEY----- or -----BEGIN PRIVATE KEY-----).");
        }
        // ES256 is ECDSA over P-256 (RFC 7518 §3.4); another curve, or a missing private half, would only show at the first request.
        if (key.KeySize != 256)
        {
            throw new SettingsException(
                variable,
                "is an EC key over another curve than P-256. Make one with 'openssl ecparam -name prime256v1 -genkey -noout'.");
        }
        if (signs && !HasPrivateHalf(key))
            throw new SettingsException(variable, "is a public key. Give the private key (-----BEGIN PRIVATE KEY-----), which signs.");
        return new ECDsaSecurityKey(key);
    }

    private static bool HasPrivateHalf(ECDsa key)
    {
        try
        {
            CryptographicOperations.ZeroMemory(key.ExportParameters(includePrivateParameters: true).D);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>Mints the tokens; the gateway alone holds its key.</summary>
    public sealed class Minter
    {
        /// <summary>How long a token is valid: long enough for a request that waits, short enough to be worthless when it leaks.</summary>
        public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(2);

        private static readonly JsonWebTokenHandler Handler = new() { SetDefaultTimesOnTokenCreation = false };
        private readonly SigningCredentials _credentials;
        private readonly TimeProvider _time;

        /// <summary>Reads the signing key from the setting <c>Identity:SigningKey</c>.</summary>
        /// <exception cref="SettingsException">The key is missing or unreadable.</exception>
        public Minter(IConfiguration configuration, TimeProvider time)
        {
            _credentials = new SigningCredentials(
                ReadKey(configuration, "Identity:SigningKey", signs: true), SecurityAlgorithms.EcdsaSha256);
            _time = time;
        }

        /// <summary>A token that lets its bearer act for the application within the scopes.</summary>
        /// <param name="applicationId">The application.</param>
        /// <param name="scopes">What it may do.</param>
        /// <param name="policies">Its own policies as JSON; null where it has none.</param>
        public string Mint(string applicationId, IEnumerable<string> scopes, string? policies = null)
        {
            var claims = Claims(applicationId, string.Join(' ', scopes));
            if (policies is not null)
                claims[PoliciesClaim] = policies;
            return Mint(claims);
        }

        /// <summary>A token that lets its bearer act on one session of the application, and on nothing else.</summary>
        public string MintForSession(string applicationId, Guid sessionId)
        {
            var claims = Claims(applicationId, SessionScope);
            claims[SessionClaim] = sessionId.ToString();
            return Mint(claims);
        }

        private static Dictionary<string, object> Claims(string applicationId, string scopes) => new(StringComparer.Ordinal)
        {
            [ApplicationClaim] = applicationId,
            [ScopeClaim] = scopes,
        };

        private string Mint(Dictionary<string, object> claims)
        {
            var now = _time.GetUtcNow().UtcDateTime;
            return Handler.CreateToken(new SecurityTokenDescriptor
            {
                Issuer = Issuer,
                Audience = Audience,
                IssuedAt = now,
                NotBefore = now,
                Expires = now + Lifetime,
                Claims = claims,
                SigningCredentials = _credentials,
            });
        }
    }
}
