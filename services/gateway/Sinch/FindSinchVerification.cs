using FlashCall.Gateway.Access;
using FlashCall.Gateway.Applications;
using FlashCall.Gateway.Services;
using Microsoft.AspNetCore.Http.Features;

namespace FlashCall.Gateway.Sinch;

/// <summary>Finds sessions and says how they stand: <c>GET /verification/v1/verifications/id/{id}</c>, <c>…/{method}/number/{number}</c>,
/// <c>…/reference/{reference}</c>.</summary>
internal sealed class FindSinchVerification(VerificationClient verifications)
{
    private const string ReferenceAddress = "/verifications/reference/";
    private static readonly SinchError None = new(SinchError.NotFound, "This application has no such verification.");

    public static async Task<IResult> ByIdAsync(string id, HttpContext http, FindSinchVerification find) =>
        Refuse(http.Caller()!) ?? Answer(await find.ByIdAsync(http.Caller()!, id, http.RequestAborted));

    public static async Task<IResult> ByNumberAsync(string method, string number, HttpContext http, FindSinchVerification find)
    {
        if (Refuse(http.Caller()!) is { } refusal)
            return refusal;
        return (Methods.Check(method) ?? Numbers.Read(number).Wrong) is { } wrong
            ? new SinchRefusal(wrong)
            : Answer(await find.ByNumberAsync(http.Caller()!, number, mustBeLive: false, http.RequestAborted));
    }

    public static async Task<IResult> ByReferenceAsync(HttpContext http, FindSinchVerification find) =>
        Refuse(http.Caller()!) ?? Answer(await find.ByReferenceAsync(http.Caller()!, ReferenceOf(http), http.RequestAborted));

    /// <summary>A session of the caller's application.</summary>
    public async Task<(SinchSession? Session, SinchError? Refused)> ByIdAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        if (!Guid.TryParseExact(id, "D", out var known))
            return (null, None);
        var answer = await verifications.GetAsync(caller.Application.Id, known, cancellationToken);
        return answer.IsSuccess ? (SinchSession.Of(answer.Body), null) : (null, SinchError.Of(answer));
    }

    /// <summary>The latest session for a number.</summary>
    /// <param name="caller">Whose.</param>
    /// <param name="number">The number in E.164.</param>
    /// <param name="mustBeLive">Whether sessions that have ended are passed over.</param>
    /// <param name="cancellationToken">The request is gone.</param>
    public async Task<(SinchSession? Session, SinchError? Refused)> ByNumberAsync(
        Caller caller, string number, bool mustBeLive, CancellationToken cancellationToken)
    {
        var to = Uri.EscapeDataString(Numbers.Read(number).Number!.E164);
        return await NewestAsync(caller, $"?to={to}&limit=20", mustBeLive, cancellationToken);
    }

    private async Task<(SinchSession? Session, SinchError? Refused)> ByReferenceAsync(
        Caller caller, string reference, CancellationToken cancellationToken) =>
        reference.Length == 0 || reference.Contains('\0', StringComparison.Ordinal)
            ? (null, None)
            : await NewestAsync(caller, $"?reference={Uri.EscapeDataString(reference)}&limit=1", mustBeLive: false, cancellationToken);

    private async Task<(SinchSession? Session, SinchError? Refused)> NewestAsync(
        Caller caller, string query, bool mustBeLive, CancellationToken cancellationToken)
    {
        var list = await verifications.ListAsync(caller.Application.Id, query, cancellationToken);
        if (!list.IsSuccess)
            return (null, SinchError.Of(list));
        var newest = ListedSessions.Of(list.Body).FirstOrDefault(session => !mustBeLive || SinchSession.IsLiveStatus(session.Status));
        return newest is null ? (null, None) : await ByIdAsync(caller, newest.Id.ToString(), cancellationToken);
    }

    private static IResult Answer((SinchSession? Session, SinchError? Refused) found) => found.Session is { } session
        ? TypedResults.Json(SessionView.OfStatus(session), SinchJson.Options)
        : new SinchRefusal(found.Refused!);

    /// <summary>Who knows no more than a key's id may not learn which numbers were verified.</summary>
    private static SinchRefusal? Refuse(Caller caller) => caller.Level > AuthorizationLevel.Public
        ? null
        : new SinchRefusal(new SinchError(SinchError.StrongerNeeded, "A look-up needs more than the key's id: send Basic, or sign it."));

    /// <summary>What stands behind <c>reference/</c>, slashes and all. From the address as it was sent: routing leaves an escaped slash
    /// escaped.</summary>
    private static string ReferenceOf(HttpContext http)
    {
        var target = http.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var begin = target.IndexOf(ReferenceAddress, StringComparison.OrdinalIgnoreCase);
        if (begin < 0)
            return "";
        var end = target.IndexOf('?', StringComparison.Ordinal);
        return Uri.UnescapeDataString(target[(begin + ReferenceAddress.Length)..(end < 0 ? target.Length : end)]);
    }
}
