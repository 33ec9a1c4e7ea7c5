using FlashCall.Hosting;
using Microsoft.AspNetCore.Mvc;

namespace FlashCall.NumberPool.Numbers.Operations;

/// <summary>The inventory, and operators' access to it under <c>/v1/numbers</c>.</summary>
internal static class NumberEndpoints
{
    /// <summary>The scope that an application needs.</summary>
    private const string Scope = "operations";

    /// <summary>Adds what keeps the numbers.</summary>
    public static void AddInventory(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<Inventory>();
        builder.Services.AddSingleton<NumberIntake>();
        builder.Services.AddSingleton<NumberCatalogue>();
        builder.Services.AddSingleton<NumberFigures>();
        builder.Services.AddSingleton<SettingsNumbers>();
        builder.Services.AddHostedService(services => services.GetRequiredService<SettingsNumbers>());
        builder.Services.AddHealthChecks().AddCheck<SettingsNumbers>("numbers", tags: ["ready"]);
        builder.AddApiJson();
    }

    /// <summary>Adds the endpoints.</summary>
    public static void MapNumbers(this WebApplication app)
    {
        var numbers = app.MapGroup("/v1/numbers").RequireScope(Scope);
        numbers.MapGet("/", ListNumbers.HandleAsync);
        numbers.MapPost("/", AddNumbers.HandleAsync);
        numbers.MapPost("/import", ImportNumbers.HandleAsync)
            .WithMetadata(new RequestSizeLimitAttribute(ImportNumbers.LargestFile));
        numbers.MapPost("/rest", ChangeNumbers.RestAsync);
        numbers.MapPost("/retire", ChangeNumbers.RetireAsync);
        numbers.MapPost("/activate", ChangeNumbers.ActivateAsync);
        numbers.MapPost("/remove", ChangeNumbers.RemoveAsync);
        numbers.MapGet("/statistics", GetStatistics.HandleAsync);
        numbers.MapGet("/strength", GetStrength.HandleAsync);
        numbers.MapGet("/{number}", GetNumber.HandleAsync);
    }
}
