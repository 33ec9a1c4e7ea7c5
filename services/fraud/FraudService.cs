using FlashCall.Contracts;
using FlashCall.Fraud.Assessments;
using FlashCall.Hosting;

namespace FlashCall.Fraud;

/// <summary>Puts the service together.</summary>
internal static class FraudService
{
    /// <summary>The service, ready to run. Tests start it in their own process with other settings on the command line.</summary>
    /// <exception cref="SettingsException">A setting is missing or wrong.</exception>
    public static WebApplication Build(string[] args)
    {
        var builder = PlatformHost.CreateBuilder(args, "fraud");
        var policy = Policy.Of(Policies.PolicySettings.Read(builder.Configuration));
        builder.AddDatabase("fraud", typeof(FraudService).Assembly);
        builder.AddBus(Queues.Fraud, bus => bus.Consume<AssessRisk, AssessRiskConsumer>(command => command.VerificationId));
        builder.Services.AddSingleton(policy);
        builder.Services.AddSingleton<FraudMetrics>();
        builder.Services.AddSingleton<RequestStore>();
        builder.Services.AddSingleton<AssessRisks>();
        builder.AddSweep<OldRequests>();
        return builder.Build().UsePlatformDefaults();
    }
}
