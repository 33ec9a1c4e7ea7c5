using FlashCall.Gateway;
using FlashCall.Hosting;

return await PlatformHost.RunAsync(args, GatewayService.Build);
