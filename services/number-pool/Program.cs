using FlashCall.Hosting;
using FlashCall.NumberPool;

return await PlatformHost.RunAsync(args, NumberPoolService.Build);
