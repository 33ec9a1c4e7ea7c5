using FlashCall.Hosting;
using FlashCall.Dialer;

return await PlatformHost.RunAsync(args, DialerService.Build);
