using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace FlashCall.Cli.Tests;

/// <summary>The number pool behind the gateway: it notes what it is asked and answers as the test says.</summary>
internal sealed class FakePool
{
    private readonly ConcurrentQueue<(string Request, string Body)> _asked = new();

    /// <summary>The requests: method and target, and the body.</summary>
    public IReadOnlyCollection<(string Request, string Body)> Asked => _asked;

    /// <summary>The answer to the request with this method and target.</summary>
    public Func<string, IResult> Answer { get; set; } = _ => TypedResults.Json(new { });

    /// <summary>Handles a body before it is read; null to read it all.</summary>
    public Func<HttpContext, Task>? BeforeBody { get; set; }

    public async Task<IResult> AnswerAsync(HttpContext context)
    {
        if (BeforeBody is { } before)
            await before(context);
        using var reader = new StreamReader(context.Request.Body);
        var request = $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}";
        _asked.Enqueue((request, await reader.ReadToEndAsync(context.RequestAborted)));
        return Answer(request);
    }
}
