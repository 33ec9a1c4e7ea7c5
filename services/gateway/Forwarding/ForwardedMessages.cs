using System.Net.Http.Headers;
using FlashCall.Gateway.Access;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace FlashCall.Gateway.Forwarding;

/// <summary>What of a request reaches a service, and what of its answer the client.</summary>
internal sealed partial class ForwardedMessages(InternalTokens tokens, ILogger<ForwardedMessages> logger) : ITransformProvider
{
    /// <summary>
    /// The request headers that services get from clients. A list of the allowed ones, so that no header that a service or a library in it
    /// might trust can be smuggled in. Credentials are not among them; the trace context is written by the gateway's own span.
    /// </summary>
    private static readonly string[] AllowedRequestHeaders =
    [
        "Accept", "Accept-Language", "Content-Encoding", "Content-Length", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match",
        "Last-Event-ID", "Prefer", "User-Agent",
    ];

    private const string ProblemType = "application/problem+json";

    public void ValidateRoute(TransformRouteValidationContext context)
    {
    }

    public void ValidateCluster(TransformClusterValidationContext context)
    {
    }

    public void Apply(TransformBuilderContext context)
    {
        context.AddRequestHeadersAllowed(AllowedRequestHeaders);
        // Said by us alone; whatever the client claims is overwritten.
        context.AddXForwarded(ForwardedTransformActions.Set);
        context.AddRequestTransform(request =>
        {
            if (!Routes.IsPublic(context.Route))
            {
                request.ProxyRequest.Headers.Authorization =
                    new AuthenticationHeaderValue("Bearer", tokens.For(request.HttpContext.Caller()!));
            }
            // The service may refuse before the body is asked for: then it is the refusal that is read, and not a broken connection.
            if (Routes.IsStreamed(context.Route) && request.ProxyRequest.Content is not null)
                request.ProxyRequest.Headers.ExpectContinue = true;
            return ValueTask.CompletedTask;
        });
        context.AddResponseTransform(response =>
        {
            if (response.ProxyResponse is { } answer)
                Translate(response, answer);
            return ValueTask.CompletedTask;
        });
    }

    /// <summary>
    /// An error that is no problem document, or that is about the gateway's credential and not the client's, becomes a problem of its own.
    /// </summary>
    private void Translate(ResponseTransformContext response, HttpResponseMessage answer)
    {
        var status = (int)answer.StatusCode;
        if (status < 400)
            return;
        if (status == StatusCodes.Status401Unauthorized)
        {
            LogTokenRefused(answer.RequestMessage?.RequestUri?.Authority);
            status = StatusCodes.Status500InternalServerError;
        }
        else if (string.Equals(answer.Content.Headers.ContentType?.MediaType, ProblemType, StringComparison.OrdinalIgnoreCase))
        {
            return;
        }
        var headers = response.HttpContext.Response.Headers;
        var (allow, retryAfter) = (headers.Allow, headers.RetryAfter);
        headers.Clear();
        (headers.Allow, headers.RetryAfter) = (allow, retryAfter);
        response.SuppressResponseBody = true;
        // Left without a body, the status is given its problem document on the way out.
        response.HttpContext.Response.StatusCode = status;
    }

    [LoggerMessage(Level = LogLevel.Error, Message =
        "{Service} refuses the gateway's token. Its Identity:PublicKey must belong to the gateway's Identity:SigningKey, "
        + "and both clocks must agree.")]
    private partial void LogTokenRefused(string? service);
}
