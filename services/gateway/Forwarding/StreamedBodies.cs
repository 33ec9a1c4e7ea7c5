using FlashCall.Gateway.Edge;
using FlashCall.Hosting;
using Yarp.ReverseProxy.Forwarder;

namespace FlashCall.Gateway.Forwarding;

/// <summary>
/// Lists of numbers to import pass through as they come, whatever their size up to <see cref="RequestLimits.Import"/>; nothing of them is
/// kept. So they are given to another replica only as long as none was connected to.
/// </summary>
internal static class StreamedBodies
{
    /// <summary>Refuses what is too large, in words of its own: at once where the client says how much will come, else when it has.</summary>
    public static async Task PassAsync(HttpContext context, RequestDelegate next)
    {
        if (!Routes.IsStreamed(context.GetReverseProxyFeature().Route.Config))
        {
            await next(context);
            return;
        }
        if (context.Request.ContentLength > RequestLimits.Import)
        {
            await Problems.WriteAsync(context, TooLarge());
            return;
        }
        await next(context);
        if (context.GetForwarderErrorFeature() is { Error: ForwarderError.RequestBodyClient }
            && context.Response is { StatusCode: StatusCodes.Status413PayloadTooLarge, HasStarted: false })
        {
            await Problems.WriteAsync(context, TooLarge());
        }
    }

    private static Microsoft.AspNetCore.Mvc.ProblemDetails TooLarge()
    {
        var problem = Problems.ForStatus(StatusCodes.Status413PayloadTooLarge);
        problem.Detail = $"A list of numbers to import has at most {RequestLimits.Import / 1024 / 1024} MiB. Import it in parts.";
        return problem;
    }
}
