using FlashCall.Handset;

return await HandsetService.RunAsync(args);
