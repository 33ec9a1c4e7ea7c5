using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using FlashCall.Api.Tests.Description;
using FlashCall.Api.Tests.Hostile;
using FlashCall.Gateway.Reference;
using Xunit;

namespace FlashCall.Api.Tests;

/// <summary>Whatever is sent to whatever operation: the answer is one that the document knows, an error is a problem document that tells
/// nothing of the inside, and nobody sees another application's data. A failure prints the seed to repeat it with.</summary>
public sealed partial class HardToBreakTests(WholePlatform platform)
{
    /// <summary>Requests to each operation.</summary>
    private const int Tries = 60;

    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(20);
    private static readonly ApiDescription Document = new(ApiDocument.Current.Json);

    /// <summary>What the other application's session has, and nobody else may read.</summary>
    private static readonly string[] Secrets = ["0199-the-others-reference", "+46701740999", "the-others-note"];

    public static TheoryData<string> Operations => [.. Document.Operations.Select(operation => operation.Id)];

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task Nothing_that_is_sent_breaks_it(string id)
    {
        var operation = Document[id];
        await platform.MakeOthersSessionAsync(Secrets[1], Secrets[0], Secrets[2]);
        using var client = platform.ClientFor(operation);
        await Attacks.On(operation).SampleAsync(request => SendAsync(client, operation, request), iter: Tries, threads: 1);
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task Without_a_credential_it_is_refused(string id)
    {
        var operation = Document[id];
        if (operation.Security.Count == 0)
            return;
        using var client = platform.Client(key: null);
        using var message = Attacks.Right(operation).ToMessage();
        using var response = await client.SendAsync(message);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        await CheckAsync(operation, response, message.Method.Method);
    }

    private static async Task SendAsync(HttpClient client, Operation operation, HostileRequest request)
    {
        using var message = request.ToMessage();
        using var deadline = new CancellationTokenSource(AnswerWithin);
        HttpResponseMessage response;
        try
        {
            response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        }
        // The client itself sends no such request.
        catch (Exception exception) when (exception is InvalidOperationException or UriFormatException)
        {
            return;
        }
        // Over the server's own bounds the connection is cut, and the client may not get to read why.
        catch (HttpRequestException exception) when (request.Body?.Length > 64 * 1024 && exception.InnerException is IOException)
        {
            return;
        }
        using (response)
        {
            await CheckAsync(operation, response, request.Method);
        }
    }

    private static async Task CheckAsync(Operation operation, HttpResponseMessage response, string method)
    {
        using var deadline = new CancellationTokenSource(AnswerWithin);
        var type = response.Content.Headers.ContentType?.MediaType;
        var status = (int)response.StatusCode;
        Assert.True(status < 500, $"{status}: {await response.Content.ReadAsStringAsync(deadline.Token)}");
        if (type is "text/event-stream" or "application/x-ndjson")
            return;
        var text = await response.Content.ReadAsStringAsync(deadline.Token);
        // Links to itself name the address that the client came to.
        Assert.DoesNotMatch(Inside(), text.Replace(response.RequestMessage!.RequestUri!.Authority, "", StringComparison.Ordinal));
        Assert.All(Secrets, secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
        if (!response.Headers.Contains("X-Content-Type-Options"))
        {
            // The HTTP server refused before the gateway saw anything of it.
            Assert.True(status is 400 or 404 or 405 or 411 or 413 or 414 or 431, $"{status} without the gateway's headers");
            Assert.Empty(text);
            return;
        }
        if (status >= 400)
        {
            if (method == "HEAD")
                return;
            // A problem document, or what the surface of another maker has for one.
            var error = Assert.Single(operation.Answer(status));
            Assert.Equal(error.Key, type);
            Assert.Empty(Document.Schemas.Mistakes(error.Value, text));
            Assert.Equal(text, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)));
        }
        else if (type == "application/json" && method == operation.Method && IsOn(operation, response))
        {
            var answer = operation.Answer(status);
            Assert.True(answer.ContainsKey(type), $"{operation.Id} answers {status} with {type}, which is not documented.");
            Assert.Empty(Document.Schemas.Mistakes(answer[type], text));
        }
    }

    /// <summary>A parameter that is empty, or a dot, makes another path.</summary>
    private static bool IsOn(Operation operation, HttpResponseMessage response) =>
        !response.RequestMessage!.RequestUri!.AbsolutePath.EndsWith('/')
        && response.RequestMessage.RequestUri.AbsolutePath.Count(sign => sign == '/') == operation.Path.Count(sign => sign == '/');

    /// <summary>What only the inside knows: stack traces, types, files, addresses, SQL.</summary>
    [GeneratedRegex(
        @"Exception|\bat [A-Z]\w+\.\w+|\.cs:line|Npgsql|MassTransit|Marten|System\.[A-Z]\w+\.|/services/|127\.0\.0\.1|SqlState|"
        + @"\bselect\b.+\bfrom\b")]
    private static partial Regex Inside();
}
