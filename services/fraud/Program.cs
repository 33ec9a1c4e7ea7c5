using FlashCall.Hosting;
using FlashCall.Fraud;

return await PlatformHost.RunAsync(args, FraudService.Build);
