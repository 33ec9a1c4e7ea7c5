using FlashCall.Fraud;
using FlashCall.Hosting;

return await PlatformHost.RunAsync(args, FraudService.Build);
