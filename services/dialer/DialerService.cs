using FlashCall.Hosting;

namespace FlashCall.Dialer;

/// <summary>Puts the service together.</summary>
internal static class DialerService
{
    /// <summary>The service, ready to run. Tests start it in their own process with other settings on the command line.</summary>
    public static WebApplication Build(string[] args)
    {
        var builder = PlatformHost.CreateBuilder(args, "dialer");
        return builder.Build().UsePlatformDefaults();
    }
}
