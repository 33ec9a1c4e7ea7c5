using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace FlashCall.Hosting;

/// <summary>
/// Lets an operator read and set <see cref="LogLevels"/> of a running process: <c>/log-levels</c> beside the figures, from the machine or
/// pod itself alone (<c>kubectl port-forward</c>), since who reads the figures need not be who may do this.
/// </summary>
internal static class LogLevelEndpoints
{
    /// <summary>Where.</summary>
    public const string Path = "/log-levels";

    public static void Map(IEndpointRouteBuilder routes, LogLevels levels)
    {
        var group = routes.MapGroup(Path).AddEndpointFilter(OnlyFromHereAsync);
        group.MapGet("/", () => TypedResults.Ok(new { Levels = levels.All }));
        group.MapPut("/{category}", (string category, HttpRequest request) => SetAsync(levels, category, request));
        group.MapDelete("/{category}", (string category) => levels.Reset(category)
            ? TypedResults.NoContent()
            : Problems.Problem(404, "not_found", "Not found", "No level is set for this category: what the settings say holds.") as IResult);
    }

    private static async ValueTask<object?> OnlyFromHereAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        context.HttpContext.Connection.RemoteIpAddress is { } from && IPAddress.IsLoopback(from)
            ? await next(context)
            : Problems.Problem(403, "forbidden", "Not allowed", "Ask from the machine, container or pod itself, over its loopback address.");

    private static async Task<IResult> SetAsync(LogLevels levels, string category, HttpRequest request)
    {
        Wish? wish;
        try
        {
            wish = await request.ReadFromJsonAsync<Wish>(request.HttpContext.RequestAborted);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return Problems.Problem(400, "malformed_json", "Malformed JSON",
                """The body is not a JSON document such as {"level": "Debug", "for": "00:15:00"}.""");
        }
        var errors = new Dictionary<string, string[]>(StringComparer.Ordinal);
        if (!LogLevels.MaySet(category))
            errors["category"] = ["Give FlashCall, MassTransit or Npgsql, or what is below one of them, such as FlashCall.Dialer.Calls."];
        // Enum.TryParse takes numbers too, of levels that there are not.
        var isLevel = Enum.TryParse<LogLevel>(wish?.Level, ignoreCase: true, out var level) && Enum.IsDefined(level)
            && !char.IsAsciiDigit(wish!.Level![0]);
        if (!isLevel)
            errors["level"] = [$"Give one of {string.Join(", ", Enum.GetNames<LogLevel>())}."];
        var duration = LogLevels.Usual;
        if (wish?.For is { } text && (!Duration.TryParse(text, out duration) || duration <= TimeSpan.Zero || duration > LogLevels.Longest))
            errors["for"] = [$"Give more than nothing, and at most {Duration.Write(LogLevels.Longest)}, as {Duration.Form}."];
        if (errors.Count > 0)
            return Problems.Problem(422, "validation_failed", "The request is not valid", "See errors.", errors);
        return levels.TrySet(category, level, duration, out var set)
            ? TypedResults.Ok(set)
            : Problems.Problem(409, "too_many_log_levels", "Too many levels are set",
                $"{LogLevels.Most} are set. Take one back (DELETE {Path}/…), or set one for what they have in common.");
    }

    /// <summary>What is asked for.</summary>
    private sealed record Wish(string? Level, string? For);
}
