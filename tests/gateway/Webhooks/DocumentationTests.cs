using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using FlashCall.Gateway.Webhooks;

namespace FlashCall.Gateway.Tests.Webhooks;

/// <summary>The receivers of the documentation, in their own languages: they take what is genuine and refuse what is not. They share no
/// code with what signs.</summary>
public sealed class DocumentationTests
{
    private const string Secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    private const long Now = 1795435200;
    private const string Body = """{"type":"verification.ended","data":{"to":"+46701740605","reference":"Åsa"}}""";

    /// <summary>What may come: id, time, signature, body, and whether it is genuine.</summary>
    private static readonly (string Id, string Time, string Signature, string Body, bool IsGenuine)[] Messages = Cases();

    [Fact]
    public void In_CSharp() => Assert.All(Messages, message => Assert.Equal(
        message.IsGenuine,
        WebhookReceiver.IsGenuine(
            new(message.Id, message.Time, message.Signature, Encoding.UTF8.GetBytes(message.Body)), Secret,
            DateTimeOffset.FromUnixTimeSeconds(Now))));

    [Fact]
    public void The_page_shows_the_CSharp_that_was_just_tested()
    {
        var source = File.ReadAllLines(Path.Combine(Folder(), "WebhookReceiver.cs"));
        var shown = source.TakeWhile(line => line.StartsWith("using ", StringComparison.Ordinal))
            .Append("")
            .Concat(source.SkipWhile(line => line != "// <example>").Skip(1).TakeWhile(line => line != "// </example>"));
        Assert.Equal(shown, Block("csharp"));
    }

    [Fact]
    public async Task In_Node()
    {
        var calls = Messages.Select(message =>
            $"console.log(isGenuine({Headers(message)}, Buffer.from({Json(message.Body)}), {Json(Secret)}, {Now}));");
        await AssertAsync("node", ["--input-type=module", "-"], [.. Block("js"), .. calls]);
    }

    [Fact]
    public async Task In_Python()
    {
        var calls = Messages.Select(message =>
            $"print(str(is_genuine({Headers(message)}, {Json(message.Body)}.encode(), {Json(Secret)}, {Now})).lower())");
        await AssertAsync("python3", ["-"], [.. Block("python"), .. calls]);
    }

    private static (string, string, string, string, bool)[] Cases()
    {
        var key = Convert.FromBase64String(Secret["whsec_".Length..]);
        var bytes = Encoding.UTF8.GetBytes(Body);
        var good = StandardSignature.Of([key], "msg_1", Now, bytes);
        var other = StandardSignature.Of([new byte[32]], "msg_1", Now, bytes);
        string At(long time) => StandardSignature.Of([key], "msg_1", time, bytes);
        return
        [
            ("msg_1", $"{Now}", good, Body, true),
            ("msg_1", $"{Now}", $"{other} {good}", Body, true),
            ("msg_1", $"{Now - 300}", At(Now - 300), Body, true),
            ("msg_1", $"{Now}", other, Body, false),
            ("msg_2", $"{Now}", good, Body, false),
            ("msg_1", $"{Now + 1}", good, Body, false),
            ("msg_1", $"{Now}", good, Body + " ", false),
            ("msg_1", $"{Now}", good.Replace("v1,", "v2,", StringComparison.Ordinal), Body, false),
            ("msg_1", $"{Now}", "", Body, false),
            ("msg_1", $"{Now}", "v1,", Body, false),
            ("msg_1", "soon", good, Body, false),
            ("msg_1", $"{Now - 301}", At(Now - 301), Body, false),
            ("msg_1", $"{Now + 301}", At(Now + 301), Body, false),
        ];
    }

    private static string Headers((string Id, string Time, string Signature, string, bool) message) =>
        System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["webhook-id"] = message.Id,
            ["webhook-timestamp"] = message.Time,
            ["webhook-signature"] = message.Signature,
        });

    /// <summary>A text as JSON has it, which both languages read as their own.</summary>
    private static string Json(string text) => System.Text.Json.JsonSerializer.Serialize(text);

    private static async Task AssertAsync(string program, string[] arguments, IEnumerable<string> lines)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        Process running;
        try
        {
            running = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"'{program}' is not installed: the example of docs/webhooks.md in its language is not run.");
            return;
        }
        using var process = running;
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(string.Join('\n', lines));
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await errors);
        Assert.Equal(
            Messages.Select(message => message.IsGenuine ? "true" : "false"), output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>The lines of the page's block in a language.</summary>
    private static IEnumerable<string> Block(string language) =>
        File.ReadAllLines(Path.Combine(Folder(), "..", "..", "..", "docs", "webhooks.md"))
            .SkipWhile(line => line != "```" + language).Skip(1).TakeWhile(line => line != "```");

    private static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
