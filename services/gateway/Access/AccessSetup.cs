using FlashCall.Gateway.Applications;
using FlashCall.Hosting;
using Microsoft.AspNetCore.Authentication;

namespace FlashCall.Gateway.Access;

/// <summary>Adds who may call what.</summary>
internal static class AccessSetup
{
    /// <summary>Adds authentication by any of the <see cref="Credentials"/>, and the authorization policies of
    /// <see cref="SessionAccess.AddPolicies"/>.</summary>
    public static void AddAccess(this WebApplicationBuilder builder, GatewaySettings settings)
    {
        builder.Services.AddSingleton(settings.ClientTokens);
        builder.Services.AddSingleton<ReplayGuard>();
        builder.Services.AddSingleton<FailedAttempts>();
        builder.Services.AddSingleton<Credentials>();
        builder.AddSweep<OldSignatures>();
        builder.Services.AddSingleton(services => new InternalTokens(
            settings.IdentityKey, services.GetRequiredService<ApplicationDirectory>(), services.GetRequiredService<TimeProvider>()));
        // The core alone: AddAuthentication would also make and store data protection keys, which nothing here is protected with.
        builder.Services.AddAuthenticationCore(authentication => authentication.DefaultScheme = CallerAuthentication.SchemeName);
        builder.Services.AddWebEncoders();
        new AuthenticationBuilder(builder.Services)
            .AddScheme<AuthenticationSchemeOptions, CallerAuthentication>(CallerAuthentication.SchemeName, configureOptions: null);
        builder.Services.AddAuthorization(SessionAccess.AddPolicies);
    }
}
