using FlashCall.Hosting;
using FlashCall.Verification;

return await PlatformHost.RunAsync(args, VerificationService.Build);
