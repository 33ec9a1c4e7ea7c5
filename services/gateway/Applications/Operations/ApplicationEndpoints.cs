using FlashCall.Gateway.Access;
using FlashCall.Gateway.Edge;
using FlashCall.Hosting;
using Microsoft.AspNetCore.Mvc;

namespace FlashCall.Gateway.Applications.Operations;

/// <summary>The applications in the database, and admins' access to them under <c>/v1/applications</c>.</summary>
internal static class ApplicationEndpoints
{
    /// <summary>Adds what keeps the applications.</summary>
    public static void AddApplications(this WebApplicationBuilder builder, GatewaySettings settings)
    {
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton<ApplicationValidator>();
        builder.Services.AddSingleton(new SealedBox(settings.SecretsKey));
        builder.Services.AddSingleton<ApplicationStore>();
        builder.Services.AddSingleton<ApplicationDirectory>();
        builder.AddDirectory<ApplicationUpdates>("applications");
        builder.Services.AddSingleton<LiveReplicas>();
        builder.Services.AddHostedService(services => services.GetRequiredService<LiveReplicas>());
        builder.Services.AddSingleton<ApplicationOperations>();
        builder.AddApiJson();
    }

    /// <summary>Answers that the gateway is not available, until it knows who may call it: an unknown key may be anybody's.</summary>
    public static void UseApplicationsKnown(this WebApplication app)
    {
        var directory = app.Services.GetRequiredService<ApplicationDirectory>();
        app.Services.GetRequiredService<ApplicationUpdates>().Follow(directory.Take);
        app.Use((context, next) => directory.IsFilled || context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal)
            ? next(context)
            : Problems.WriteAsync(context, Problems.ForStatus(StatusCodes.Status503ServiceUnavailable)));
    }

    /// <summary>Adds the endpoints.</summary>
    public static void MapApplications(this WebApplication app)
    {
        var applications = app.MapGroup("/v1/applications").RequireAuthorization(Scopes.Admin)
            .WithMetadata(new RequestSizeLimitAttribute(RequestLimits.Body));
        applications.MapPost("/", AddApplication.HandleAsync);
        applications.MapGet("/", ListApplications.HandleAsync);
        applications.MapGet("/{id}", GetApplication.HandleAsync);
        applications.MapPut("/{id}", PutApplication.HandleAsync);
        applications.MapDelete("/{id}", RemoveApplication.HandleAsync);
        applications.MapPost("/{id}/keys", AddKey.HandleAsync);
        applications.MapGet("/{id}/keys", ListKeys.HandleAsync);
        applications.MapDelete("/{id}/keys/{keyId:guid}", RevokeKey.HandleAsync);
    }
}
