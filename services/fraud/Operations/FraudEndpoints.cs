using FlashCall.Fraud.Blocks;
using FlashCall.Hosting;

namespace FlashCall.Fraud.Operations;

/// <summary>Operators' access to policies, blocks and lists under <c>/v1/fraud</c>, and feedback.</summary>
internal static class FraudEndpoints
{
    /// <summary>The scope that an application needs.</summary>
    private const string Scope = "operations";

    /// <summary>Adds what the endpoints need.</summary>
    public static void AddFraudOperations(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<BlockStore>();
        builder.Services.AddSingleton<ListStore>();
        builder.AddApiJson();
    }

    /// <summary>Adds the endpoints.</summary>
    public static void MapFraud(this WebApplication app)
    {
        var fraud = app.MapGroup("/v1/fraud").RequireScope(Scope);
        fraud.MapGet("/policies", PolicyOperations.ListAsync);
        fraud.MapPost("/policies", PolicyOperations.AddAsync);
        fraud.MapGet("/policies/{number:int}", PolicyOperations.GetAsync);
        fraud.MapPost("/policies/{number:int}/activate", PolicyOperations.ActivateAsync);
        fraud.MapGet("/policies/{number:int}/compare", PolicyOperations.CompareAsync);
        fraud.MapGet("/blocks", BlockOperations.ListAsync);
        fraud.MapPost("/blocks", BlockOperations.RaiseAsync);
        fraud.MapDelete("/blocks/{id:guid}", BlockOperations.LiftAsync);
        fraud.MapGet("/lists", ListOperations.ListAsync);
        fraud.MapPost("/lists", ListOperations.AddAsync);
        fraud.MapDelete("/lists/{id:guid}", ListOperations.RemoveAsync);
        fraud.MapPost("/dry-run", DryRun.HandleAsync);
        fraud.MapPost("/feedback", GiveFeedback.HandleAsync);
    }
}
