using System.Text.Json;
using FlashCall.Gateway.Access;
using FlashCall.Gateway.Webhooks.Deliveries;
using FlashCall.Gateway.Webhooks.Receivers;

namespace FlashCall.Gateway.Sinch;

/// <summary>Asks an application whether a session may begin: <c>VerificationRequestEvent</c>.</summary>
internal sealed partial class RequestCallback(ReceiverClient receivers, TimeProvider time, ILogger<RequestCallback> logger)
{
    /// <summary>An answer has no reason to be longer, bytes.</summary>
    private const int LongestAnswer = 16 * 1024;

    /// <summary>Asks. Who does not answer, or not as it should, has not said yes.</summary>
    /// <param name="caller">Who starts it.</param>
    /// <param name="id">The session that shall begin.</param>
    /// <param name="start">What was asked for.</param>
    /// <param name="acceptLanguage">The languages that the client asks for, the best first.</param>
    /// <param name="cancellationToken">The request is gone.</param>
    public async Task<Permission> AskAsync(
        Caller caller, Guid id, StartDocument start, IReadOnlyList<string> acceptLanguage, CancellationToken cancellationToken)
    {
        var application = caller.Application;
        if (SinchKeys.Choose(application, caller.KeyId, time.GetUtcNow()) is not { SigningSecret: { } secret } key)
        {
            LogNotSigned(application.Id);
            return Permission.Unusable;
        }
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new RequestEvent
            {
                Id = id,
                Identity = IdentityDocument.Of(Numbers.Read(start.Identity!.Endpoint).Number!.E164),
                Reference = start.Reference,
                Custom = start.Custom,
                AcceptLanguage = acceptLanguage,
            },
            SinchJson.Options);
        var url = application.SinchCallback!;
        var answer = await receivers.PostAsync(
            url, SinchSignature.Of(key.Id, secret, HttpMethod.Post, url, body, time.GetUtcNow()), SinchSignature.ContentType, body,
            LongestAnswer, cancellationToken);
        var permission = Permission.Read(answer);
        if (permission == Permission.Unusable)
            LogUnusable(application.Id, answer.Status, answer.Error);
        return permission;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "The callback of application {Application} gave no answer that can be used (status {Status}, error {Error}): the session is "
        + "denied. It has to answer 200 with the action allow or deny within 10 s.")]
    private partial void LogUnusable(string application, int? status, string? error);

    [LoggerMessage(Level = LogLevel.Error, Message =
        "The callback of application {Application} cannot be signed: no secret of its keys can be read. Gateway:SecretsKey must be the one "
        + "that they were stored under, or the application has to get a new key.")]
    private partial void LogNotSigned(string application);

    private sealed record RequestEvent
    {
        public required Guid Id { get; init; }

        public string Event { get; init; } = "VerificationRequestEvent";

        public string Method { get; init; } = Methods.FlashCall;

        public required IdentityDocument Identity { get; init; }

        public MoneyView Price { get; init; } = MoneyView.Nothing;

        public MoneyView Rate { get; init; } = MoneyView.Nothing;

        public string? Reference { get; init; }

        public string? Custom { get; init; }

        public required IReadOnlyList<string> AcceptLanguage { get; init; }
    }
}
