using System.CommandLine;
using FlashCall.Cli.Api;

namespace FlashCall.Cli.Verify;

/// <summary><c>flashcall verify</c>: verifies a number as a client app would, and shows how it went.</summary>
internal static class VerifyCommand
{
    public static Command Create(Terminal terminal)
    {
        var api = new ApiOptions(terminal);
        var to = new Option<string>("--to") { Description = "The number to verify, in E.164: +46701740605.", Required = true };
        var purpose = new Option<string>("--purpose") { Description = "What the verification is for.", DefaultValueFactory = _ => "login" };
        var handset = new Option<string?>("--handset") { Description = "The address of the handset, whose call log is read as an app would; without it, you type the digits." };
        var json = new Option<bool>("--json") { Description = "Print the session as JSON." };
        var command = new Command("verify", "Verifies a number by a flash call and prints the timeline. Exit code 0: verified; 1: not verified; 2: not possible.")
        {
            to, api.Address, api.Key, api.KeyFile, purpose, handset, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var platform = api.Connect(parsed);
            using var log = parsed.GetValue(handset) is { } address ? new HandsetCallLog(ApiOptions.AddressOf("--handset", address)) : null;
            var phone = log is null ? new TypingPerson(terminal) : (IPhone)new InterceptingApp(log, parsed.GetRequiredValue(to));
            var conversation = new Conversation(new VerificationApi(platform), phone);
            var outcome = await conversation.HoldAsync(parsed.GetRequiredValue(to), parsed.GetRequiredValue(purpose), cancellationToken);
            if (parsed.GetValue(json))
                await terminal.Output.WriteLineAsync(outcome.ToJson());
            else
                Report.Write(terminal.Rich(), outcome);
            return outcome.IsVerified ? CommandLine.Succeeded : CommandLine.NotVerified;
        });
        return command;
    }
}
