using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.NumberPool.Leases;
using FlashCall.NumberPool.Limits;
using FlashCall.NumberPool.Numbers.Operations;
using FlashCall.NumberPool.Subjects;
using FlashCall.NumberPool.Trunks;
using FlashCall.NumberPool.Wear;

namespace FlashCall.NumberPool;

/// <summary>Puts the service together.</summary>
internal static class NumberPoolService
{
    /// <summary>The service, ready to run. Tests start it in their own process with other settings on the command line.</summary>
    /// <exception cref="SettingsException">A setting is missing or wrong.</exception>
    public static WebApplication Build(string[] args)
    {
        var builder = PlatformHost.CreateBuilder(args, "number-pool");
        var settings = NumberPoolSettings.Read(builder.Configuration);
        builder.AddInternalIdentity();
        builder.AddDatabase("number_pool", typeof(NumberPoolService).Assembly);
        builder.AddBus(Queues.NumberPool, bus => bus
            .Consume<LeaseCallerId, LeaseCallerIdConsumer>(command => command.VerificationId)
            .Consume<ReleaseCallerId, ReleaseCallerIdConsumer>(command => command.VerificationId)
            .Consume<EraseSubject, EraseSubjectConsumer>(command => command.ErasureId)
            .Consume<TrunkNews, TrunkNewsConsumer>(news => news.Replica));
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton<PoolMetrics>();
        builder.Services.AddSingleton<LeaseStore>();
        builder.Services.AddSingleton<LeaseCallerIds>();
        builder.Services.AddSingleton<ReleaseCallerIds>();
        builder.AddInventory();
        builder.AddWear();
        builder.Services.AddSingleton<SubjectData>();
        builder.Services.AddSingleton<LimitAlarms>();
        builder.Services.AddSingleton<TrunkNewsStore>();
        builder.Services.AddSingleton<NoteTrunks>();
        builder.AddSweep<OldAnswers>();
        builder.AddSweep<OldUses>();
        builder.AddSweep<OldLimits>();
        builder.AddSweep<OldTrunkNews>();
        var app = builder.Build().UsePlatformDefaults();
        app.MapNumbers();
        return app;
    }
}
