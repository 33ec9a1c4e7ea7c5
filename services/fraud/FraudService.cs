using FlashCall.Contracts;
using FlashCall.Fraud.Assessments;
using FlashCall.Fraud.Blocks;
using FlashCall.Fraud.Learning;
using FlashCall.Fraud.Operations;
using FlashCall.Fraud.Policies;
using FlashCall.Fraud.Storage;
using FlashCall.Fraud.Subjects;
using FlashCall.Fraud.Versions;
using FlashCall.Hosting;
using Npgsql;

namespace FlashCall.Fraud;

/// <summary>Puts the service together.</summary>
internal static class FraudService
{
    /// <summary>No verdict waits for what is learnt, and a conversion is not judged on requests of the last 30 seconds.</summary>
    internal static readonly TimeSpan LearningWindow = TimeSpan.FromMilliseconds(20);

    /// <summary>The service, ready to run. Tests start it in their own process with other settings on the command line.</summary>
    /// <exception cref="SettingsException">A setting is missing or wrong.</exception>
    public static WebApplication Build(string[] args)
    {
        var builder = PlatformHost.CreateBuilder(args, "fraud");
        builder.Services.AddSingleton(PolicySettings.Read(builder.Configuration));
        builder.AddInternalIdentity();
        builder.AddDatabase("fraud", typeof(FraudService).Assembly);
        builder.Services.AddSingleton<FraudMetrics>();
        builder.Services.AddSingleton<PolicyStore>();
        builder.AddDirectory<PolicyDirectory>("policy");
        builder.Services.AddSingleton(static services => new AssessmentStore(
            services.GetRequiredService<NpgsqlDataSource>(), services.GetRequiredService<TimeProvider>(), LearningWindow));
        builder.Services.AddSingleton<AssessRisks>();
        builder.Services.AddSingleton<AddressCountries>();
        builder.Services.AddHostedService(services => services.GetRequiredService<AddressCountries>());
        builder.Services.AddSingleton<LearnOutcomes>();
        builder.Services.AddSingleton<SubjectData>();
        builder.AddSweep<OldCounters>();
        builder.AddSweep<OldSessions>();
        builder.AddSweep<OldStanding>();
        builder.AddSweep<RequestsOfTheReleaseBefore>();
        builder.Services.AddSingleton<BlockNews>();
        builder.Services.AddHostedService(services => services.GetRequiredService<BlockNews>());

        builder.AddFraudOperations();

        // Last, so that no message comes before what it needs.
        builder.AddBus(Queues.Fraud, bus => bus
            .Consume<AssessRisk, AssessRiskConsumer>(command => command.VerificationId)
            .Consume<EraseSubject, EraseSubjectConsumer>(command => command.ErasureId)
            .ConsumePublished<VerificationCompleted, OutcomeConsumer>(completed => completed.VerificationId)
            .ConsumePublished<VerificationCallEnded, OutcomeConsumer>(ended => ended.VerificationId));
        var app = builder.Build();
        // A file that cannot be read ends the start.
        app.Services.GetRequiredService<AddressCountries>();
        app.UsePlatformDefaults();
        app.MapFraud();
        return app;
    }
}
