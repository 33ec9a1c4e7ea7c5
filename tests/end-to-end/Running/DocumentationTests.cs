using System.Diagnostics;
using FlashCall.Testing;
using Npgsql;
using Xunit;

namespace FlashCall.EndToEnd.Tests.Running;

/// <summary>The commands of the documentation run as they stand.</summary>
[Collection(Platform.OneAtATime)]
public sealed class DocumentationTests(Platform platform)
{
    [Fact]
    public async Task The_commands_of_the_api_page_verify_a_number()
    {
        var output = await RunAsync(BlocksOf("sh", "docs", "api.md"));

        Assert.Contains("\"status\":\"verified\"", output, StringComparison.Ordinal);
        Assert.Contains("\"timeline\":", output, StringComparison.Ordinal);
        Assert.Contains("\"status\":\"cancelled\"", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_commands_of_the_readme_verify_a_number()
    {
        // Its first line says where ./run listens; here it is elsewhere.
        var output = await RunAsync(BlocksOf("sh", "README.md").Where(line => !line.StartsWith("API=", StringComparison.Ordinal)));

        Assert.Contains("\"status\":\"verified\"", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_commands_of_the_trunks_page_add_change_and_remove_one()
    {
        var output = await RunAsync(BlocksOf("sh", "docs", "trunks.md"));

        Assert.Contains("\"name\":\"carrier-b\",\"state\":\"active\"", output, StringComparison.Ordinal);
        Assert.Contains("\"secrets\":[\"credentials.password\"]", output, StringComparison.Ordinal);
        Assert.Contains("\"channels\":60", output, StringComparison.Ordinal);
        Assert.Contains("\"state\":\"draining\"", output, StringComparison.Ordinal);
        Assert.EndsWith("removed: 204\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_commands_of_the_numbers_page_add_import_rest_and_weigh()
    {
        var output = await RunAsync(BlocksOf("sh", "docs", "numbers.md"));

        Assert.Contains("+442079460000 to +442079469999", output, StringComparison.Ordinal);
        Assert.Contains("100 numbers added.", output, StringComparison.Ordinal);
        Assert.Contains("line 3: ", output, StringComparison.Ordinal);
        Assert.Contains("2 numbers on 2 lines added, 1 lines refused.", output, StringComparison.Ordinal);
        Assert.Contains("import ended with 1", output, StringComparison.Ordinal);
        Assert.Contains("100 numbers rest now.", output, StringComparison.Ordinal);
        Assert.Contains("100 numbers are active now.", output, StringComparison.Ordinal);
        Assert.Contains("buy for 20.0", output, StringComparison.Ordinal);
        Assert.Contains("102 numbers are removed now.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_queries_of_the_analysts_page_find_what_happened()
    {
        using var client = platform.Client();
        using var phone = platform.NextPhone();
        var id = (await client.StartAsync(phone)).GetProperty("id").GetGuid();
        await client.ReportAsync(id, await phone.RingingAsync());
        // One that is not verified.
        using var otherPhone = platform.NextPhone();
        await client.CancelAsync((await client.StartAsync(otherPhone)).GetProperty("id").GetGuid());

        await using var data = NpgsqlDataSource.Create(platform.VerificationDatabase);
        var queries = string.Join('\n', BlocksOf("sql", "docs", "analysts.md")).Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        Assert.True(queries.Length >= 6, $"{queries.Length} queries");
        foreach (var query in queries)
        {
            // The funnel follows what happened after a moment.
            await Eventually.TrueAsync(async () =>
            {
                await using var command = data.CreateCommand(query);
                await using var rows = await command.ExecuteReaderAsync();
                return await rows.ReadAsync();
            }, $"a row for {query}");
        }
    }

    private async Task<string> RunAsync(IEnumerable<string> commands)
    {
        var start = new ProcessStartInfo("/bin/bash") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("set -euo pipefail\n" + string.Join('\n', commands));
        start.Environment["API"] = Origin(platform.Of("gateway").Address);
        start.Environment["KEY"] = platform.Key;
        start.Environment["OPERATOR_KEY"] = platform.OperatorKey;
        start.Environment["FLASHCALL"] = $"dotnet {Path.Combine(Program.Root, "tools", "flashcall", "bin", Program.Configuration, "net10.0", "flashcall.dll")}";
        start.Environment["HANDSET"] = Origin(platform.Of("handset").Address);
        using var bash = Process.Start(start)!;
        var errors = bash.StandardError.ReadToEndAsync();
        var output = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        Assert.True(bash.ExitCode == 0, $"The commands ended with {bash.ExitCode}.\n{output}\n{await errors}");
        return output;
    }

    private static string Origin(Uri address) => address.GetLeftPart(UriPartial.Authority);

    /// <summary>The lines of all blocks of a language in a Markdown page, in order.</summary>
    private static IEnumerable<string> BlocksOf(string language, params string[] page)
    {
        var inside = false;
        foreach (var line in File.ReadLines(Path.Combine([Program.Root, .. page])))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
                inside = line == "```" + language;
            else if (inside)
                yield return line;
        }
    }
}
