using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using FlashCall.Cli.Manners;
using Xunit;

namespace FlashCall.Cli.Tests.Manners;

/// <summary>What every command owes to whoever types it.</summary>
public sealed class MannersTests
{
    private const int Interrupt = 2;

    // The command as it is installed, beside the libraries that it is built with: tests/flashcall/bin/Release/net10.0 is where this is.
    private static readonly string Program = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "../../../../..", "tools/flashcall/bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name,
        "net10.0/flashcall.dll"));

    private static readonly RootCommand Root = CommandLine.CreateRoot(
        new Terminal(TextReader.Null, TextWriter.Null, TextWriter.Null, static _ => null));

    public static TheoryData<string> Commands =>
        [.. Leaves(Root).Select(command => CommandLine.PathOf(command).TrimStart())];

    public static TheoryData<string> AllExamples => [.. Examples.Of("").Select(example => example.Text)];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task The_help_of_each_command_has_an_example(string path)
    {
        var run = await Cli.RunAsync([.. path.Split(' '), "--help"]);
        Assert.Equal(CommandLine.Succeeded, run.ExitCode);
        Assert.Contains("Examples:", run.Output, StringComparison.Ordinal);
        Assert.Contains($"  flashcall {path}", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(AllExamples))]
    public void Each_example_can_be_typed(string example)
    {
        var parsed = Root.Parse([.. CommandLineParser.SplitCommandLine(example)]);
        Assert.Empty(parsed.Errors);
        Assert.Empty(parsed.CommandResult.Command.Subcommands);
    }

    [Fact]
    public async Task The_version_is_told()
    {
        var run = await Cli.RunAsync(["--version"]);
        Assert.Equal(CommandLine.Succeeded, run.ExitCode);
        Assert.NotEmpty(run.Output.Trim());
    }

    [Fact]
    public async Task A_shell_that_is_not_known_is_told_which_are()
    {
        var run = await Cli.RunAsync(["completion", "csh"]);
        Assert.Equal(CommandLine.Impossible, run.ExitCode);
        Assert.Contains("bash", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("flashcall num", "numbers")]
    [InlineData("flashcall numbers st", "statistics strength")]
    [InlineData("flashcall replay what-if --ring", "--ring-time")]
    public async Task Bash_completes(string line, string expected)
    {
        var script = await Cli.RunAsync(["completion", "bash"]);
        Assert.Equal(CommandLine.Succeeded, script.ExitCode);
        var run = await BashAsync($$"""
            flashcall() { dotnet '{{Program}}' "$@"; }
            {{script.Output}}
            COMP_LINE='{{line}}' COMP_POINT={{line.Length}} COMP_WORDS=({{line}}) COMP_CWORD={{line.Split(' ').Length - 1}}
            _flashcall
            echo "${COMPREPLY[*]}"
            """);
        Assert.Equal(expected, run.Trim().Replace('\n', ' '));
    }

    [Fact]
    public async Task Ctrl_C_ends_a_command_with_130_and_leaves_no_half_file()
    {
        var token = TestContext.Current.CancellationToken;
        var folder = Directory.CreateTempSubdirectory("flashcall-manners-");
        // A database that takes the connection and says nothing.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        try
        {
            // A shell has what it runs in the background ignore the signal, and so would all below it.
            var start = new ProcessStartInfo("env",
                ["--default-signal=INT", "dotnet", Program, "replay", "what-if", "--policy", Path.Combine(folder.FullName, "policy.json"),
                    "--output", Path.Combine(folder.FullName, "differ.ndjson")])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["FLASHCALL_ANALYTICS_DATABASE"] =
                $"Host=127.0.0.1;Port={((IPEndPoint)silent.LocalEndpoint).Port};Database=x;Username=x;Password=x;Timeout=60";
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "policy.json"), "{}", token);
            using var process = Process.Start(start)!;
            using var connection = await silent.AcceptSocketAsync(token);
            Assert.True(File.Exists(Path.Combine(folder.FullName, "differ.ndjson.part")));
            await BashAsync($"kill -{Interrupt} {process.Id}");
            await process.WaitForExitAsync(token);
            Assert.Equal(CommandLine.Interrupted, process.ExitCode);
            Assert.Equal(["policy.json"], folder.EnumerateFiles().Select(file => file.Name));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static IEnumerable<Command> Leaves(Command command) =>
        command.Subcommands.Count == 0 ? [command] : command.Subcommands.SelectMany(Leaves);

    private static async Task<string> BashAsync(string script)
    {
        var start = new ProcessStartInfo("bash", ["-c", script]) { UseShellExecute = false, RedirectStandardOutput = true };
        using var bash = Process.Start(start)!;
        var output = await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bash.WaitForExitAsync(TestContext.Current.CancellationToken);
        return output;
    }
}
