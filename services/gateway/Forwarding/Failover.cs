using Yarp.ReverseProxy.Forwarder;

namespace FlashCall.Gateway.Forwarding;

/// <summary>Gives a request that a replica did not take to another one, so that a replica that dies costs no client an error.</summary>
internal static partial class Failover
{
    /// <summary>Forwards, and again while a replica is left and trying again cannot do anything twice.</summary>
    public static async Task ForwardAsync(HttpContext context, RequestDelegate next)
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
            if (left.Count < 2 || context.Response.HasStarted || !MayRepeat(context.Request.Method, failure))
                return;
            left = [.. left.Where(replica => replica != failed)];
            proxy.AvailableDestinations = left;
            proxy.ProxiedDestination = null;
            context.Features.Set<IForwarderErrorFeature>(null);
            context.Response.Clear();
            if (context.Request.Body.CanSeek)
                context.Request.Body.Position = 0;
        }
    }

    private static bool MayRepeat(string method, IForwarderErrorFeature failure) => failure.Error switch
    {
        // A replica that was sent a POST may have acted on it. Without a connection nothing was sent, no streamed body begun.
        ForwarderError.Request => HttpMethods.IsGet(method) || NoConnection(failure.Exception),
        // The connect timeout; the timeout for an answer has no such inner exception.
        ForwarderError.RequestTimedOut => failure.Exception is OperationCanceledException { InnerException: TimeoutException },
        _ => false,
    };

    private static bool NoConnection(Exception? cause) => cause is HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Replica} did not answer a request ({Failure}): {Cause}")]
    private static partial void LogFailure(ILogger logger, string replica, ForwarderError failure, string? cause);
}
