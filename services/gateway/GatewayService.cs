using FlashCall.Hosting;

namespace FlashCall.Gateway;

/// <summary>Puts the service together.</summary>
internal static class GatewayService
{
    /// <summary>The service, ready to run. Tests start it in their own process with other settings on the command line.</summary>
    public static WebApplication Build(string[] args)
    {
        var builder = PlatformHost.CreateBuilder(args, "gateway");
        return builder.Build().UsePlatformDefaults();
    }
}
