using FlashCall.Dialer;
using FlashCall.Hosting;

return await PlatformHost.RunAsync(args, DialerService.Build);
