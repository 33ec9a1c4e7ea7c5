using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using FlashCall.Gateway.Applications;

namespace FlashCall.Gateway.Tests.Access;

/// <summary>The function of <c>docs/authorization.md</c> that signs requests, as it stands there.</summary>
public sealed class DocumentationTests
{
    private const string Python = "/usr/bin/python3";
    private const string Body = "{\"to\":\"+46701740605\",\"purpose\":\"login\"}";

    private const string Call = """

        import json, sys
        print(json.dumps([
            sign(sys.argv[1], sys.argv[2], "POST", "/v1/verifications", sys.argv[3].encode(), "application/json"),
            sign(sys.argv[1], sys.argv[2], "GET", "/v1/verifications?to=%2B46701740605")]))
        """;

    [Fact]
    public async Task The_documented_function_signs_as_the_gateway_reads()
    {
        Assert.SkipUnless(File.Exists(Python), "Python is not installed; Debian's package is python3.");
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        var id = $"d-{Guid.NewGuid():N}";
        var key = await (await GatewayDatabase.SharedAsync()).AddAsync(id, new ApplicationDocument
        {
            Name = "Documented",
            Scopes = ["verifications:read", "verifications:write"],
            MinimumAuthorization = "signed",
            RateLimits = new LimitsDocument { Requests = new RateDocument { Permits = RateLimit.MostPermits } },
        });
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        var headers = await SignAsync(key);

        using var post = new HttpRequestMessage(HttpMethod.Post, "/v1/verifications")
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(Body)) { Headers = { ContentType = new("application/json") } },
        };
        using var get = new HttpRequestMessage(HttpMethod.Get, "/v1/verifications?to=%2B46701740605");
        foreach (var (request, own) in new[] { (post, headers[0]), (get, headers[1]) })
        {
            foreach (var header in own.EnumerateObject())
                Assert.True(request.Headers.TryAddWithoutValidation(header.Name, header.Value.GetString()));
            using var response = await gateway.Client.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
        Assert.Equal([Body, ""], upstream.Received.Select(received => received.Body));
    }

    private static async Task<JsonElement> SignAsync(NewKey key)
    {
        var start = new ProcessStartInfo(
            Python, ["-c", Program() + Call, key.Id.ToString(), Convert.ToBase64String(key.SigningSecret), Body])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        return JsonSerializer.Deserialize<JsonElement>(output);
    }

    private static string Program()
    {
        const string Fence = "```python\n";
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "FlashCall.Platform.sln")))
            folder = folder.Parent!;
        var text = File.ReadAllText(Path.Combine(folder.FullName, "docs", "authorization.md"));
        var begin = text.IndexOf(Fence, StringComparison.Ordinal) + Fence.Length;
        return text[begin..text.IndexOf("```", begin, StringComparison.Ordinal)];
    }
}
