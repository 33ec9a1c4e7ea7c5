using System.Security.Claims;
using FlashCall.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace FlashCall.Gateway.Webhooks.Operations;

/// <summary>An application's own webhooks: <c>/v1/webhooks</c>. Another's are as if they were not there.</summary>
internal sealed partial class WebhookOperations(
    WebhookStore webhooks, WebhookSettings settings, TimeProvider time, ILogger<WebhookOperations> logger)
{
    private readonly WebhookDocument.Validator _valid = new(settings);

    /// <summary>Adds one: <c>POST /v1/webhooks</c>. The answer has its secret, which is not shown again.</summary>
    public static async Task<Results<Created<WebhookView>, ProblemHttpResult>> AddAsync(
        WebhookDocument document, ClaimsPrincipal caller, HttpResponse response, WebhookOperations operations,
        CancellationToken cancellationToken)
    {
        if (operations._valid.Validate(document) is { IsValid: false } result)
            return WebhookRefusals.Invalid(result);
        var application = caller.ApplicationId();
        if (await operations.Store.AddAsync(
                application, document.Url!, document.Subscribed, document.Enabled ?? true, cancellationToken) is not var (added, secret))
        {
            return WebhookRefusals.TooMany();
        }
        operations.LogAdded(added.Id, application);
        return TypedResults.Created($"/v1/webhooks/{added.Id}", operations.View(response, added, secret));
    }

    /// <summary>All of them: <c>GET /v1/webhooks</c>.</summary>
    public static async Task<Ok<Page<WebhookView>>> ListAsync(
        ClaimsPrincipal caller, WebhookOperations operations, CancellationToken cancellationToken)
    {
        var now = operations.Time.GetUtcNow();
        var all = await operations.Store.ListAsync(caller.ApplicationId(), cancellationToken);
        return TypedResults.Ok(new Page<WebhookView>([.. all.Select(webhook => WebhookView.Of(webhook, now))]));
    }

    /// <summary>One of them: <c>GET /v1/webhooks/{id}</c>.</summary>
    public static async Task<Results<Ok<WebhookView>, ProblemHttpResult>> GetAsync(
        Guid id, ClaimsPrincipal caller, HttpResponse response, WebhookOperations operations, CancellationToken cancellationToken) =>
        await operations.Store.FindAsync(caller.ApplicationId(), id, cancellationToken) is { } webhook
            ? TypedResults.Ok(operations.View(response, webhook))
            : WebhookRefusals.Unknown();

    /// <summary>Replaces what one says, all but its secret: <c>PUT /v1/webhooks/{id}</c>.</summary>
    public static async Task<Results<Ok<WebhookView>, ProblemHttpResult>> ReplaceAsync(
        Guid id, WebhookDocument document, ClaimsPrincipal caller, HttpContext http, WebhookOperations operations)
    {
        if (operations._valid.Validate(document) is { IsValid: false } result)
            return WebhookRefusals.Invalid(result);
        Webhook? changed = null;
        var refused = await operations.ChangeAsync(id, caller, http.Request, "replaced", async current =>
            (changed = await operations.Store.ReplaceAsync(
                current, document.Url!, document.Subscribed, document.Enabled ?? true, http.RequestAborted)) is not null);
        return refused is { } problem ? problem : TypedResults.Ok(operations.View(http.Response, changed!));
    }

    /// <summary>Gives one a new secret: <c>POST /v1/webhooks/{id}/rotate-secret</c>. For a day the old one signs as well.</summary>
    public static async Task<Results<Ok<WebhookView>, ProblemHttpResult>> RotateSecretAsync(
        Guid id, ClaimsPrincipal caller, HttpContext http, WebhookOperations operations)
    {
        (Webhook Webhook, string Secret)? rotated = null;
        var refused = await operations.ChangeAsync(id, caller, http.Request, "given a new secret", async current =>
            (rotated = await operations.Store.RotateSecretAsync(current, http.RequestAborted)) is not null);
        return refused is { } problem
            ? problem
            : TypedResults.Ok(operations.View(http.Response, rotated!.Value.Webhook, rotated.Value.Secret));
    }

    /// <summary>Removes one with its deliveries: <c>DELETE /v1/webhooks/{id}</c>.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(
        Guid id, ClaimsPrincipal caller, HttpContext http, WebhookOperations operations)
    {
        var refused = await operations.ChangeAsync(id, caller, http.Request, "removed",
            current => operations.Store.RemoveAsync(current, http.RequestAborted));
        return refused is { } problem ? problem : TypedResults.NoContent();
    }

    private WebhookStore Store => webhooks;

    private TimeProvider Time => time;

    /// <summary>Changes one as long as it is as the caller has read it; without <c>If-Match</c>, as it stands.</summary>
    /// <param name="id">The webhook.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="request">Under which condition.</param>
    /// <param name="done">What is done, for the log.</param>
    /// <param name="change">Does it; false where the webhook has changed meanwhile.</param>
    /// <returns>Why nothing was changed; null where it was.</returns>
    private async Task<ProblemHttpResult?> ChangeAsync(
        Guid id, ClaimsPrincipal caller, HttpRequest request, string done, Func<Webhook, Task<bool>> change)
    {
        var match = request.GetTypedHeaders().IfMatch;
        if (request.Headers.IfMatch.Count > 0 && match.Count == 0)
            return WebhookRefusals.UnreadableCondition();
        var application = caller.ApplicationId();
        while (true)
        {
            if (await webhooks.FindAsync(application, id, request.HttpContext.RequestAborted) is not { } current)
                return WebhookRefusals.Unknown();
            var tag = new EntityTagHeaderValue(WebhookView.Tag(current));
            if (match.Count > 0 && !match.Any(one => one.Equals(EntityTagHeaderValue.Any) || one.Compare(tag, useStrongComparison: true)))
                return WebhookRefusals.AnotherVersion();
            if (await change(current))
            {
                LogChanged(id, application, done);
                return null;
            }
        }
    }

    private WebhookView View(HttpResponse response, Webhook webhook, string? secret = null)
    {
        response.Headers.ETag = WebhookView.Tag(webhook);
        return WebhookView.Of(webhook, time.GetUtcNow(), secret);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Webhook {Webhook} was added by {Application}")]
    private partial void LogAdded(Guid webhook, string application);

    [LoggerMessage(Level = LogLevel.Information, Message = "Webhook {Webhook} of {Application} was {Done}")]
    private partial void LogChanged(Guid webhook, string application, string done);
}
