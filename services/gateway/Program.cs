using FlashCall.Hosting;
using FlashCall.Gateway;

return await PlatformHost.RunAsync(args, GatewayService.Build);
