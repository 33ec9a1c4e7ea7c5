using System.Diagnostics;
using FlashCall.Verification.Tests.Support;
using Xunit;

namespace FlashCall.Verification.Tests.Results;

/// <summary>The program of <c>docs/results.md</c>, as it stands there: another language, another library, another implementation.</summary>
public sealed class DocumentationTests(RunningVerification running)
{
    private const string Python = "/usr/bin/python3";

    [Fact]
    public async Task The_documented_backend_trusts_a_token_of_ours()
    {
        using var client = running.Client("shop");
        var number = ClientExtensions.FreshNumber();
        var token = await VerifiedAsync(client, number);

        var (code, output) = await RunAsync(client.BaseAddress!, token);

        Assert.Equal((0, $"{number} is verified"), (code, output.Trim()));
    }

    [Fact]
    public async Task The_documented_backend_refuses_another_applications_token()
    {
        using var client = running.Client("other");
        var token = await VerifiedAsync(client, ClientExtensions.FreshNumber());

        var (code, output) = await RunAsync(client.BaseAddress!, token);

        Assert.NotEqual(0, code);
        Assert.Contains("InvalidAudienceError", output, StringComparison.Ordinal);
    }

    private static async Task<string> VerifiedAsync(HttpClient client, string number)
    {
        var id = (await client.StartAsync(number)).Id();
        return (await client.ReportAsync(id, new { digits = "0123" })).Text("resultToken")!;
    }

    private static async Task<(int Code, string Output)> RunAsync(Uri api, string token)
    {
        Assert.SkipUnless(File.Exists(Python), "Python is not installed; Debian's package is python3.");
        var (found, _) = await RunAsync(new ProcessStartInfo(Python, ["-c", "import jwt, cryptography"]));
        Assert.SkipUnless(found == 0, "PyJWT is not installed; Debian's package is python3-jwt.");
        return await RunAsync(new ProcessStartInfo(Python, ["-c", Program()])
        {
            Environment = { ["API"] = api.GetLeftPart(UriPartial.Authority), ["TOKEN"] = token },
        });
    }

    private static async Task<(int Code, string Output)> RunAsync(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await error);
    }

    private static string Program()
    {
        const string Fence = "```python\n";
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "FlashCall.Platform.sln")))
            folder = folder.Parent!;
        var text = File.ReadAllText(Path.Combine(folder.FullName, "docs", "results.md"));
        var begin = text.IndexOf(Fence, StringComparison.Ordinal) + Fence.Length;
        return text[begin..text.IndexOf("```", begin, StringComparison.Ordinal)];
    }
}
