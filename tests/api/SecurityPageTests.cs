using System.Text.RegularExpressions;
using Xunit;

namespace FlashCall.Api.Tests;

/// <summary>The page on security names tests that there are.</summary>
public sealed partial class SecurityPageTests
{
    /// <summary>The names of the methods of each test class, from the sources of the tests.</summary>
    private static readonly ILookup<string, string> Known = Directory
        .EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*Tests*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
        .SelectMany(file => Method().Matches(File.ReadAllText(file)).Select(method => (Class: ClassOf(file), Name: method.Groups[1].Value)))
        .ToLookup(test => test.Class, test => test.Name, StringComparer.Ordinal);

    [Fact]
    public void Each_test_that_the_page_names_is_there()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "security.md"));
        var named = Named().Matches(page).Select(found => (Class: found.Groups[1].Value, Name: found.Groups[2].Value)).ToList();

        Assert.Equal(10, Risk().Count(page));
        Assert.True(named.Count >= 20, $"The page names {named.Count} tests.");
        Assert.All(named, test => Assert.True(
            test.Name == "*" ? Known.Contains(test.Class) : Known[test.Class].Contains(test.Name, StringComparer.Ordinal),
            $"docs/security.md names {test.Class}.{test.Name}, which there is not."));
    }

    /// <summary>A class whose tests are in several files has the name before the first dot.</summary>
    private static string ClassOf(string file) => Path.GetFileName(file).Split('.')[0];

    [GeneratedRegex(@"public (?:async )?(?:Task|void) (\w+)\(")]
    private static partial Regex Method();

    [GeneratedRegex(@"`(\w+Tests)\.(\w+|\*)`")]
    private static partial Regex Named();

    [GeneratedRegex("^## API[0-9]+: ", RegexOptions.Multiline)]
    private static partial Regex Risk();
}
