using FlashCall.Hosting;

namespace FlashCall.Dialer.Trunks.Operations;

/// <summary>Trunks in the database, and operators' access to them under <c>/v1/trunks</c>.</summary>
internal static class TrunkEndpoints
{
    /// <summary>The scope that an application needs.</summary>
    private const string Scope = "operations";

    /// <summary>Adds what keeps the trunks.</summary>
    public static void AddTrunks(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(services => new SecretBox(services.GetRequiredService<DialerSettings>().SecretsKey));
        builder.Services.AddSingleton<TrunkStore>();
        builder.Services.AddSingleton<SettingsTrunks>();
        builder.AddDirectory<TrunkDirectory>("trunks");
        builder.Services.AddSingleton<TrunkOperations>();
        builder.Services.AddSingleton<TrunkViews>();
        builder.AddApiJson();
    }

    /// <summary>Adds the endpoints.</summary>
    public static void MapTrunks(this WebApplication app)
    {
        var trunks = app.MapGroup("/v1/trunks").RequireScope(Scope);
        trunks.MapGet("/", ListTrunks.HandleAsync);
        trunks.MapGet("/{name}", GetTrunk.HandleAsync);
        trunks.MapPut("/{name}", PutTrunk.HandleAsync);
        trunks.MapPost("/{name}/drain", DrainTrunk.HandleAsync);
        trunks.MapPost("/{name}/activate", ActivateTrunk.HandleAsync);
        trunks.MapDelete("/{name}", RemoveTrunk.HandleAsync);
    }
}
