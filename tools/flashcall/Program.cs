using FlashCall.Cli;

return await CommandLine.RunAsync(args, Terminal.OfProcess());
