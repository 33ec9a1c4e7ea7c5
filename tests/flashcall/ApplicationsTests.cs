using System.Runtime.Versioning;
using System.Text.Json;
using FlashCall.Cli.Api;
using FlashCall.Cli.Applications;
using Xunit;

namespace FlashCall.Cli.Tests;

/// <summary>Looking after applications and their keys.</summary>
[SupportedOSPlatform("linux")]
public sealed class ApplicationsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("flashcall-applications-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Makes_an_application_of_the_options_and_shows_its_key_once()
    {
        await using var platform = await FakePlatform.StartAsync();

        var cli = await RunAsync(platform, "create", "shop", "--name", "Web shop",
            "--scope", "verifications:write", "--scope", "verifications:read", "--minimum-authorization", "signed",
            "--origin", "https://shop.example", "--requests", "1200/minute",
            "--client-token-requests", "5/second", "--sinch-callback", "https://shop.example/sinch");

        Assert.Equal((0, ""), (cli.ExitCode, cli.Error));
        var (request, body) = Assert.Single(platform.Applications.Asked);
        Assert.Equal("POST /v1/applications", request);
        AssertSame("""
            {
              "name": "Web shop", "scopes": ["verifications:write", "verifications:read"], "minimumAuthorization": "signed",
              "allowedOrigins": ["https://shop.example"],
              "rateLimits": { "requests": { "permits": 1200, "per": "00:01:00" }, "clientToken": { "permits": 5, "per": "00:00:01" } },
              "sinch": { "callbackUrl": "https://shop.example/sinch" }, "id": "shop"
            }
            """, body);
        Assert.Contains("The application shop is made.", cli.Output, StringComparison.Ordinal);
        Assert.Contains("key id          01990000-0000-7000-8000-000000000001", cli.Output, StringComparison.Ordinal);
        Assert.Contains("API key         fck_shop-1", cli.Output, StringComparison.Ordinal);
        Assert.Contains("signing secret  secret-1", cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Makes_an_application_of_a_document_with_options_over_it()
    {
        await using var platform = await FakePlatform.StartAsync();

        var cli = await Cli.RunAsync(
            [
                "applications", "create", "shop", "--file", "-", "--name", "Web shop", "--requests", "7/hour",
                "--api", platform.Address, "--key", FakePlatform.Key,
            ],
            """
            {
              "name": "old", "scopes": ["admin"], /* why not */ "policies": { "login": { "ringTime": "00:00:04" } },
              "rateLimits": { "clientToken": { "permits": 1, "per": "00:00:02" } }
            }
            """);

        Assert.Equal((0, ""), (cli.ExitCode, cli.Error));
        AssertSame("""
            {
              "name": "Web shop", "scopes": ["admin"], "policies": { "login": { "ringTime": "00:00:04" } },
              "rateLimits": { "clientToken": { "permits": 1, "per": "00:00:02" }, "requests": { "permits": 7, "per": "01:00:00" } },
              "id": "shop"
            }
            """, Assert.Single(platform.Applications.Asked).Body);
    }

    [Fact]
    public async Task Saves_a_key_for_its_owner_alone_instead_of_printing_it()
    {
        await using var platform = await FakePlatform.StartAsync();
        var (apiKey, signingKey) = (PathOf("new/api-key"), PathOf("new/signing-key"));

        var cli = await RunAsync(platform, "create", "shop", "--name", "s", "--save-api-key", apiKey, "--save-signing-key", signingKey);

        Assert.Equal($"The application shop is made.\nsaved {apiKey}\nsaved {signingKey}\n", cli.Output);
        Assert.Equal("fck_shop-1", await File.ReadAllTextAsync(apiKey));
        Assert.Equal("01990000-0000-7000-8000-000000000001:secret-1", await File.ReadAllTextAsync(signingKey));
        Assert.All(
            Directory.GetFiles(PathOf("new")),
            file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        Assert.Equal(2, Directory.GetFiles(PathOf("new")).Length);

        var json = await RunAsync(platform, "keys", "add", "shop", "--save-api-key", apiKey, "--json");

        Assert.DoesNotContain("fck_", json.Output, StringComparison.Ordinal);
        Assert.Equal("secret-2", JsonDocument.Parse(json.Output).RootElement.GetProperty("signingSecret").GetString());
        Assert.Equal("fck_shop-2", await File.ReadAllTextAsync(apiKey));
    }

    [Fact]
    public async Task Makes_no_key_that_it_could_not_save()
    {
        await using var platform = await FakePlatform.StartAsync();
        await File.WriteAllTextAsync(PathOf("file"), "");

        var cli = await RunAsync(
            platform, "create", "shop", "--save-api-key", PathOf("api-key"), "--save-signing-key", PathOf("file/signing-key"));

        Assert.Equal(2, cli.ExitCode);
        Assert.StartsWith("flashcall: The file of --save-signing-key cannot be written: ", cli.Error, StringComparison.Ordinal);
        Assert.Empty(platform.Applications.Asked);
        Assert.Equal([PathOf("file")], Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task Leaves_what_was_saved_where_the_API_refuses()
    {
        await using var platform = await FakePlatform.StartAsync();
        await RunAsync(platform, "create", "shop", "--save-api-key", PathOf("api-key"));

        var cli = await RunAsync(platform, "create", "shop", "--save-api-key", PathOf("api-key"));

        Assert.Equal("flashcall: There is an application of this id. (409 application_exists)\n", cli.Error);
        Assert.Equal("fck_shop-1", await File.ReadAllTextAsync(PathOf("api-key")));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task Lists_all_pages()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.Applications.PageSize = 2;
        foreach (var id in (string[])["a", "b", "c"])
            await RunAsync(platform, "create", id, "--name", $"[{id}]", "--scope", "operations", "--requests", "1200/minute");

        var people = await RunAsync(platform, "list");
        var machines = await RunAsync(platform, "list", "--json");

        Assert.Equal("3 applications.", people.LastLine);
        Assert.Contains("[c]", people.Output, StringComparison.Ordinal);
        Assert.Contains("1,200 per 00:01:00", people.Output, StringComparison.Ordinal);
        Assert.Equal(
            ["a", "b", "c"],
            JsonDocument.Parse(machines.Output).RootElement.GetProperty("items").EnumerateArray()
                .Select(one => one.GetProperty("id").GetString()));
        Assert.Equal("GET /v1/applications?limit=100&after=b", platform.Applications.Asked.Last().Request);
    }

    [Fact]
    public async Task Shows_an_application_with_its_policies_and_keys_without_secrets()
    {
        await using var platform = await FakePlatform.StartAsync();
        await Cli.RunAsync(["applications", "create", "shop", "--file", "-", "--api", platform.Address, "--key", FakePlatform.Key],
            """{ "name": "Web shop", "scopes": ["admin"], "policies": { "login": { "ringTime": "00:00:04", "maxReports": 2 } } }""");
        await RunAsync(platform, "keys", "add", "shop", "--name", "next", "--expires", "2030-01-31T06:00:00Z");

        var cli = await RunAsync(platform, "show", "shop");

        Assert.Equal((0, ""), (cli.ExitCode, cli.Error));
        Assert.Contains("ringTime 00:00:04, maxReports 2", cli.Output, StringComparison.Ordinal);
        Assert.Contains("2030-01-31 06:00Z", cli.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("fck_", cli.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-", cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Changes_what_is_named_and_nothing_else()
    {
        await using var platform = await FakePlatform.StartAsync();
        await RunAsync(platform, "create", "shop", "--name", "old", "--scope", "admin",
            "--requests", "7/minute", "--client-token-requests", "3/minute");

        var cli = await RunAsync(platform, "change", "shop", "--name", "new", "--requests", "8/minute");

        Assert.Equal((0, "The application shop is changed."), (cli.ExitCode, cli.LastLine));
        var (request, body) = platform.Applications.Asked.Last();
        Assert.Equal("PUT /v1/applications/shop", request);
        AssertSame("""
            {
              "id": "shop", "name": "new", "scopes": ["admin"],
              "rateLimits": { "requests": { "permits": 8, "per": "00:01:00" }, "clientToken": { "permits": 3, "per": "00:01:00" } }
            }
            """, body);
    }

    [Fact]
    public async Task Does_not_overwrite_what_somebody_else_changed_meanwhile()
    {
        await using var platform = await FakePlatform.StartAsync();
        await RunAsync(platform, "create", "shop", "--name", "old");
        platform.Instead = context =>
        {
            if (context.Request.Method == "PUT")
                platform.Applications.Touch("shop");
            return null;
        };

        var cli = await RunAsync(platform, "change", "shop", "--name", "new");

        Assert.Equal("flashcall: Somebody else changed it. Read it again. (412 application_changed)\n", cli.Error);
    }

    [Fact]
    public async Task Lists_and_revokes_keys()
    {
        await using var platform = await FakePlatform.StartAsync();
        await RunAsync(platform, "create", "shop", "--name", "s");

        const string Key = "01990000-0000-7000-8000-000000000001";
        Assert.Contains(Key, (await RunAsync(platform, "keys", "list", "shop")).Output, StringComparison.Ordinal);
        var revoked = await RunAsync(platform, "keys", "revoke", "shop", Key);

        Assert.Equal((0, $"The key {Key} is revoked."), (revoked.ExitCode, revoked.LastLine));
        Assert.StartsWith("No keys", (await RunAsync(platform, "keys", "list", "shop")).Output, StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync(platform, "keys", "revoke", "shop", Key)).ExitCode);
    }

    [Fact]
    public async Task Deletes_an_application()
    {
        await using var platform = await FakePlatform.StartAsync();
        await RunAsync(platform, "create", "shop", "--name", "s");

        Assert.Equal("The application shop is deleted.", (await RunAsync(platform, "delete", "shop")).LastLine);

        Assert.Equal(
            "flashcall: There is no application 'shop'. 'flashcall applications list' shows those that there are.\n",
            (await RunAsync(platform, "show", "shop")).Error);
    }

    [Fact]
    public async Task Ensures_an_application_once_and_keeps_it_and_its_key_afterwards()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.Applications.UnknownAtFirst = 2;

        var first = await EnsureAsync(platform, "--name", "Web shop");
        var again = await EnsureAsync(platform, "--name", "another name");

        Assert.Equal((0, ""), (first.ExitCode, first.Error));
        Assert.StartsWith("The application shop is made.", first.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("fck_", first.Output, StringComparison.Ordinal);
        Assert.Equal("The application shop is there, and its saved key works.\n", again.Output);
        Assert.Equal("fck_shop-1", await File.ReadAllTextAsync(PathOf("api-key")));
        Assert.Single(platform.Applications.Asked, asked => asked.Request.StartsWith("POST", StringComparison.Ordinal));
        // It ended when the key was known, which was not at first.
        Assert.True(platform.Applications.Knows("Bearer fck_shop-1"));
    }

    [Theory]
    [InlineData("gone")]
    [InlineData("empty")]
    [InlineData("another")]
    [InlineData("nonsense")]
    [InlineData("signing key of another")]
    public async Task Ensures_a_key_that_works_where_the_saved_one_does_not(string what)
    {
        await using var platform = await FakePlatform.StartAsync();
        await EnsureAsync(platform, "--name", "s");
        switch (what)
        {
            case "gone": File.Delete(PathOf("api-key")); break;
            case "empty": await File.WriteAllTextAsync(PathOf("api-key"), ""); break;
            case "another": await File.WriteAllTextAsync(PathOf("api-key"), "fck_another"); break;
            case "nonsense": await File.WriteAllTextAsync(PathOf("api-key"), "two\nlines"); break;
            default: await File.WriteAllTextAsync(PathOf("signing-key"), "01990000-0000-7000-8000-000000000009:secret"); break;
        }

        var cli = await EnsureAsync(platform, "--name", "s");

        Assert.Equal((0, ""), (cli.ExitCode, cli.Error));
        Assert.StartsWith("The application shop has a new key.", cli.Output, StringComparison.Ordinal);
        Assert.Equal("fck_shop-2", await File.ReadAllTextAsync(PathOf("api-key")));
        Assert.EndsWith("2:secret-2", await File.ReadAllTextAsync(PathOf("signing-key")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ensures_an_application_again_when_the_database_began_anew()
    {
        await using var platform = await FakePlatform.StartAsync();
        await EnsureAsync(platform, "--name", "s");
        platform.Applications.Forget();

        var cli = await EnsureAsync(platform, "--name", "s");

        Assert.StartsWith("The application shop is made.", cli.Output, StringComparison.Ordinal);
        Assert.Equal("fck_shop-2", await File.ReadAllTextAsync(PathOf("api-key")));
    }

    [Fact]
    public async Task Says_that_a_new_key_does_not_come_into_use()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.Applications.UnknownAtFirst = int.MaxValue;

        using var api = new PlatformApi(new Uri(platform.Address), FakePlatform.Key);
        var ensure = new EnsureApplication { KnownWithin = TimeSpan.Zero };
        var parsed = ensure.Command.Parse(["shop", "--name", "s", "--save-api-key", PathOf("api-key")]);
        var run = new ApiRun(api, new Terminal(TextReader.Null, TextWriter.Null, TextWriter.Null, _ => null), parsed, Json: false);

        var exception = await Assert.ThrowsAsync<CommandException>(() => ensure.RunAsync(run, CancellationToken.None));

        Assert.Equal("The gateway made a key for shop and does not know it after 0 s. Look into its log.", exception.Message);
    }

    [Theory]
    [InlineData("which is no rate", "create", "shop", "--requests", "many")]
    [InlineData("which is no rate", "create", "shop", "--requests", "5/day")]
    [InlineData("cannot be read", "create", "shop", "--file", "/does/not/exist")]
    [InlineData("is no JSON document", "create", "shop", "--file", "/dev/null")]
    [InlineData("Nothing to change", "change", "shop")]
    [InlineData("which is no time", "keys", "add", "shop", "--expires", "soon")]
    [InlineData("'--save-api-key' is required", "ensure", "shop")]
    [InlineData("flashcall applications keys revoke --help", "keys", "revoke", "shop")]
    public async Task Refuses_wrong_usage_with_one_line(string expected, params string[] args)
    {
        await using var platform = await FakePlatform.StartAsync();

        var cli = await RunAsync(platform, args);

        Assert.Equal(2, cli.ExitCode);
        Assert.Contains(expected, cli.Error, StringComparison.Ordinal);
        Assert.Single(cli.Error.TrimEnd('\n').Split('\n'));
        Assert.Empty(platform.Applications.Asked);
    }

    private static void AssertSame(string expected, string actual) => Assert.True(
        JsonElement.DeepEquals(JsonDocument.Parse(expected).RootElement, JsonDocument.Parse(actual).RootElement),
        $"Expected {expected}\n but got {actual}");

    private string PathOf(string name) => Path.Combine(_folder, name);

    private Task<Cli> EnsureAsync(FakePlatform platform, params string[] more) => RunAsync(
        platform, ["ensure", "shop", "--save-api-key", PathOf("api-key"), "--save-signing-key", PathOf("signing-key"), .. more]);

    private static Task<Cli> RunAsync(FakePlatform platform, params string[] args) =>
        Cli.RunAsync(["applications", .. args, "--api", platform.Address, "--key", FakePlatform.Key]);
}
