using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.NumberPool.Leases;
using FlashCall.NumberPool.Numbers.Operations;
using FlashCall.NumberPool.Ranges;

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
            .Consume<ReleaseCallerId, ReleaseCallerIdConsumer>(command => command.VerificationId));
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(new KeySpace(settings.Ranges));
        builder.Services.AddSingleton<PoolMetrics>();
        builder.Services.AddSingleton<LeaseStore>();
        builder.Services.AddSingleton<LeaseCallerIds>();
        builder.Services.AddSingleton<ReleaseCallerIds>();
        builder.AddInventory();
        builder.AddSweep<OldAnswers>();
        var app = builder.Build().UsePlatformDefaults();
        app.MapNumbers();
        return app;
    }
}
