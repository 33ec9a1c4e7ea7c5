using FlashCall.Hosting;
using Yarp.ReverseProxy.Forwarder;

namespace FlashCall.Gateway.Forwarding;

/// <summary>Gives a request that a replica did not take to another one, so that a replica that dies costs no client an error.</summary>
internal static partial class Failover
{
    private const string IdempotencyKey = "Idempotency-Key";
    private const string Prefer = "Prefer";

    /// <summary>Forwards, and again while a replica is left and trying again cannot do anything twice.</summary>
    public static async Task ForwardAsync(HttpContext context, RequestDelegate next)
    {
        if (MayRepeat(context.Request))
            await UntilStoppingAsync(context, next);
        else
            await ForwardToAnyAsync(context, next);
    }

    /// <summary>
    /// Forwards a request that may be repeated. When this process is told to stop, one that waits is asked once more without waiting, so
    /// that the client has what is known and asks again elsewhere; one whose answer has begun, such as a stream of events, ends.
    /// </summary>
    private static async Task UntilStoppingAsync(HttpContext context, RequestDelegate next)
    {
        var stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        if (stopping.IsCancellationRequested)
            context.Request.Headers.Remove(Prefer);
        if (stopping.IsCancellationRequested || !IsLong(context.Request))
        {
            await ForwardToAnyAsync(context, next);
            return;
        }
        var aborted = context.RequestAborted;
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(aborted, stopping))
        {
            context.RequestAborted = either.Token;
            try
            {
                await ForwardToAnyAsync(context, next);
            }
            finally
            {
                context.RequestAborted = aborted;
            }
        }
        var wasInterrupted = context.GetForwarderErrorFeature() is not null && stopping.IsCancellationRequested;
        if (!wasInterrupted || aborted.IsCancellationRequested || context.Response.HasStarted)
            return;
        context.Request.Headers.Remove(Prefer);
        var proxy = context.GetReverseProxyFeature();
        proxy.AvailableDestinations = proxy.AllDestinations;
        Reset(context);
        await ForwardToAnyAsync(context, next);
    }

    private static async Task ForwardToAnyAsync(HttpContext context, RequestDelegate next)
    {
        var proxy = context.GetReverseProxyFeature();
        var left = proxy.AvailableDestinations;
        while (true)
        {
            await next(context);
            if (context.GetForwarderErrorFeature() is not { } failure || context.RequestAborted.IsCancellationRequested)
                return;
            // Neither is a replica's fault: the client's body did not come as it should, or nobody was asked.
            if (failure.Error == ForwarderError.RequestBodyClient || proxy.ProxiedDestination is not { } failed)
                return;
            var logger = context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(Failover));
            LogFailure(logger, failed.DestinationId, failure.Error, failure.Exception?.Message);
            if (context.Response.HasStarted)
                return;
            var wasSent = !NothingWasSent(failure);
            if (left.Count < 2 || !IsOfTheReplica(failure.Error) || (wasSent && !MayBeAskedAgain(context.Request, failure.Error)))
            {
                if (wasSent)
                    await Problems.WriteAsync(context, Problems.InDoubt(context.Response.StatusCode, context.Request));
                return;
            }
            left = [.. left.Where(replica => replica != failed)];
            proxy.AvailableDestinations = left;
            Reset(context);
        }
    }

    private static void Reset(HttpContext context)
    {
        context.GetReverseProxyFeature().ProxiedDestination = null;
        context.Features.Set<IForwarderErrorFeature>(null);
        context.Response.Clear();
        if (context.Request.Body.CanSeek)
            context.Request.Body.Position = 0;
    }

    private static bool IsOfTheReplica(ForwarderError error) => error is ForwarderError.Request or ForwarderError.RequestTimedOut;

    /// <summary>Where a replica had all the time for an answer, another one is not given the same again.</summary>
    private static bool MayBeAskedAgain(HttpRequest request, ForwarderError error) =>
        error == ForwarderError.Request && MayRepeat(request);

    /// <summary>A look-up changes nothing, and a start under a key is not done twice (decision 28). A replica that was sent anything else
    /// may have acted on it.</summary>
    private static bool MayRepeat(HttpRequest request) =>
        HttpMethods.IsGet(request.Method)
        || (request.Headers.ContainsKey(IdempotencyKey) && Routes.IsStart(request.HttpContext.GetReverseProxyFeature().Route.Config));

    private static bool IsLong(HttpRequest request) =>
        request.Headers.ContainsKey(Prefer) || request.Path.Value!.EndsWith(Routes.Events, StringComparison.OrdinalIgnoreCase);

    /// <summary>Without a connection nothing was sent, no streamed body begun.</summary>
    private static bool NothingWasSent(IForwarderErrorFeature failure) => failure.Exception switch
    {
        HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError,
        } => true,
        // The connect timeout; the timeout for an answer has no such inner exception.
        OperationCanceledException { InnerException: TimeoutException } => true,
        _ => false,
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Replica} did not answer a request ({Failure}): {Cause}")]
    private static partial void LogFailure(ILogger logger, string replica, ForwarderError failure, string? cause);
}
