using Xunit;

namespace FlashCall.Deploy.Tests;

/// <summary>What the images are built from is there, without building them.</summary>
public sealed class ImageTests
{
    private static readonly string Dockerfile = File.ReadAllText(Path.Combine(Script.Repository, "deploy/compose/Dockerfile"));

    /// <summary>Each path that is copied from the repository, as the Dockerfile spells it.</summary>
    private static readonly string[] Copied =
        [.. Dockerfile.Split('\n').Where(line => line.StartsWith("COPY ", StringComparison.Ordinal) && !line.Contains("--from=", StringComparison.Ordinal))
            .SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..^1])];

    [Fact]
    public void What_is_copied_is_there_and_let_into_the_build()
    {
        var letIn = File.ReadAllLines(Path.Combine(Script.Repository, ".dockerignore"))
            .Where(line => line.StartsWith('!')).Select(line => line[1..]).ToArray();

        Assert.NotEmpty(Copied);
        Assert.All(Copied, path =>
        {
            Assert.True(
                letIn.Any(open => path == open || path.StartsWith(open + "/", StringComparison.Ordinal)),
                $".dockerignore keeps '{path}' out of the build: let it in with '!{path}'");
            var (folder, name) = (Path.GetDirectoryName(path)!, Path.GetFileName(path));
            Assert.NotEmpty(Directory.EnumerateFileSystemEntries(Path.Combine(Script.Repository, folder), name));
        });
    }

    [Fact]
    public void Every_project_is_restored_before_the_code_is_copied()
    {
        var projects = new[] { "services", "tools" }
            .SelectMany(folder => Directory.EnumerateDirectories(Path.Combine(Script.Repository, folder)))
            .Where(folder => Directory.EnumerateFiles(folder, "*.csproj").Any())
            .Select(folder => Path.GetRelativePath(Script.Repository, folder))
            .SelectMany(folder => new[] { $"{folder}/*.csproj", $"{folder}/packages.lock.json" });

        Assert.Subset(Copied.ToHashSet(), projects.ToHashSet());
    }
}
