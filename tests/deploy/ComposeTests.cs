using System.ComponentModel;
using Xunit;

namespace FlashCall.Deploy.Tests;

/// <summary>The files of <c>deploy/compose</c>, by Compose's own reading; <c>tests/deploy/compose</c> brings them up.</summary>
public sealed class ComposeTests
{
    [Fact]
    public async Task Compose_takes_the_files_with_every_profile_and_with_backups()
    {
        var folder = Path.Combine(Script.Repository, "deploy/compose");

        var read = await ComposeAsync(
            "-f", Path.Combine(folder, "compose.yaml"), "-f", Path.Combine(folder, "backup.yaml"),
            "--profile", "metrics", "--profile", "jaeger", "config");

        Assert.True(read.ExitCode == 0, read.Error);
        // It would keep a second replica from starting.
        Assert.DoesNotContain("container_name:", read.Output, StringComparison.Ordinal);
        Assert.Contains("archive_mode=on", read.Output, StringComparison.Ordinal);
    }

    private static async Task<Script> ComposeAsync(params string[] arguments)
    {
        foreach (var tool in (string[][])[["docker", "compose"], ["docker-compose"]])
        {
            try
            {
                if ((await Script.RunProcessAsync(tool[0], [.. tool[1..], "version"])).ExitCode == 0)
                    return await Script.RunProcessAsync(tool[0], [.. tool[1..], .. arguments]);
            }
            catch (Win32Exception)
            {
                // Not installed: the next may be.
            }
        }
        Assert.Skip("Docker Compose is not here, so its files are not read: install docker-compose.");
        throw new InvalidOperationException();
    }
}
