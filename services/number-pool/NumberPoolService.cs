using FlashCall.Hosting;

namespace FlashCall.NumberPool;

/// <summary>Puts the service together.</summary>
internal static class NumberPoolService
{
    /// <summary>The service, ready to run. Tests start it in their own process with other settings on the command line.</summary>
    public static WebApplication Build(string[] args)
    {
        var builder = PlatformHost.CreateBuilder(args, "number-pool");
        return builder.Build().UsePlatformDefaults();
    }
}
