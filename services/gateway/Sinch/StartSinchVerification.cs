using System.Text.Json.Nodes;
using FlashCall.Gateway.Access;
using FlashCall.Gateway.Applications;
using FlashCall.Gateway.Services;
using FlashCall.Gateway.Webhooks.Receivers;
using FlashCall.Hosting;

namespace FlashCall.Gateway.Sinch;

/// <summary>Starts a session: <c>POST /verification/v1/verifications</c>.</summary>
internal sealed class StartSinchVerification(
    VerificationClient verifications, References references, RequestCallback callback, TimeProvider time)
{
    private const int LongestUserAgent = 512;

    /// <summary>A phone has to know what number to wait for before it rings. By then there is one, or something is wrong here.</summary>
    private static readonly TimeSpan CallerIdWithin = TimeSpan.FromSeconds(10);

    /// <summary>How long one look at the session waits for its end.</summary>
    private static readonly TimeSpan LookFor = TimeSpan.FromSeconds(1);

    private static readonly ReceiverAddresses Public = new([]);

    public static async Task<IResult> HandleAsync(HttpContext http, StartSinchVerification starts)
    {
        var (start, wrong) = await SinchJson.ReadAsync<StartDocument>(http);
        if ((wrong ?? start!.Check()) is { } mistake)
            return new SinchRefusal(mistake);
        var (session, refused) = await starts.StartAsync(http, http.Caller()!, start!, http.RequestAborted);
        return refused is null
            ? TypedResults.Json(starts.ViewOf(session!, http.Request), SinchJson.Options)
            : new SinchRefusal(refused);
    }

    private StartedView ViewOf(SinchSession session, HttpRequest request) =>
        StartedView.Of(session, $"{request.Scheme}://{request.Host}", time.GetUtcNow());

    private async Task<(SinchSession? Session, SinchError? Refused)> StartAsync(
        HttpContext http, Caller caller, StartDocument start, CancellationToken cancellationToken)
    {
        var application = caller.Application;
        var id = Guid.CreateVersion7();
        var reference = start.Reference is { Length: > 0 } given ? given : null;
        if (reference is not null && !await references.TryTakeAsync(application.Id, reference, id, cancellationToken))
            return (null, new SinchError(SinchError.Conflict, "Another verification has this reference. Give each its own."));

        var permission = Permission.WithoutAsking(caller.Level, hasCallback: application.SinchCallback is not null)
            ?? await callback.AskAsync(caller, id, start, LanguagesOf(http.Request), cancellationToken);
        var headers = new Dictionary<string, string>(StringComparer.Ordinal) { [VerificationClient.VerificationIdHeader] = id.ToString() };
        if (permission.Denied is { } denied)
            headers[VerificationClient.DeniedHeader] = denied;
        var answer = await BeginAsync(application.Id, id, Request(http, caller, start, permission.Options), headers, cancellationToken);
        if (!answer.IsSuccess)
        {
            if (reference is not null)
                await references.GiveBackAsync(application.Id, reference, id, CancellationToken.None);
            return (null, SinchError.Of(answer));
        }
        var session = await SettledAsync(application.Id, SinchSession.Of(answer.Body), cancellationToken);
        return session switch
        {
            { FlashCall: not null, IsLive: true } => (session, null),
            { IsLive: false } => (null, SinchOutcome.AtStart(session.Status, session.Reason)),
            _ => (null, SinchError.NotAvailable),
        };
    }

    /// <summary>Begins the session. It has an id before it begins, so that whether it has can be found out where no answer came.</summary>
    private async Task<VerificationAnswer> BeginAsync(
        string applicationId, Guid id, JsonObject request, Dictionary<string, string> headers, CancellationToken cancellationToken)
    {
        try
        {
            return await verifications.StartAsync(applicationId, request, headers, cancellationToken);
        }
        catch (VerificationUnavailableException)
        {
            var found = await verifications.GetAsync(applicationId, id, cancellationToken);
            if (found.IsSuccess)
                return found;
            throw;
        }
    }

    private async Task<SinchSession> SettledAsync(string applicationId, SinchSession session, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (!session.IsSettled && time.GetElapsedTime(began) < CallerIdWithin)
        {
            var answer = await verifications.GetAsync(applicationId, session.Id, LookFor, cancellationToken);
            if (!answer.IsSuccess)
                break;
            session = SinchSession.Of(answer.Body);
        }
        return session;
    }

    private static JsonObject Request(HttpContext http, Caller caller, StartDocument start, FlashCallOptionsDocument? wishes)
    {
        var request = new JsonObject
        {
            ["to"] = Numbers.Read(start.Identity!.Endpoint).Number!.E164,
            ["purpose"] = PurposeName.Write(caller.Application.SinchPurpose),
            ["metadata"] = new JsonObject(
                SinchNotes.Write(caller.KeyId!.Value, start.Custom).Select(note => KeyValuePair.Create(note.Key, (JsonNode?)note.Value))),
        };
        if (start.Reference is { Length: > 0 } reference)
            request["reference"] = reference;
        var flashCall = new JsonObject();
        if ((wishes?.DialTimeout ?? start.FlashCallOptions?.DialTimeout) is { } dialTimeout)
            flashCall["dialTimeout"] = dialTimeout;
        if ((wishes?.InterceptionTimeout ?? start.FlashCallOptions?.InterceptionTimeout) is { } interceptionTimeout)
            flashCall["interceptionTimeout"] = interceptionTimeout;
        if (flashCall.Count > 0)
            request["flashCall"] = flashCall;
        if (caller.Level == AuthorizationLevel.Public)
            request["client"] = ClientOf(http);
        return request;
    }

    /// <summary>With public authorization it is the phone itself that asks. An address that is not public is a proxy's before the gateway,
    /// and many phones'.</summary>
    private static JsonObject ClientOf(HttpContext http)
    {
        var client = new JsonObject();
        var address = http.Connection.RemoteIpAddress;
        if (address is { IsIPv4MappedToIPv6: true })
            address = address.MapToIPv4();
        if (address is not null && Public.MayConnect(address))
            client["ip"] = address.ToString();
        if (http.Request.Headers.UserAgent.ToString() is { Length: > 0 and <= LongestUserAgent } agent)
            client["userAgent"] = agent;
        return client;
    }

    /// <summary>The languages of <c>Accept-Language</c> (RFC 9110 §12.5.4), the best first.</summary>
    private static List<string> LanguagesOf(HttpRequest request) =>
    [
        .. request.GetTypedHeaders().AcceptLanguage
            .Where(language => language.Quality is not 0)
            .OrderByDescending(language => language.Quality ?? 1)
            .Select(language => language.Value.ToString()),
    ];
}
