using System.Text.Json.Nodes;
using FlashCall.Gateway.Access;
using FlashCall.Gateway.Services;

namespace FlashCall.Gateway.Sinch;

/// <summary>Takes what an Android phone tells of the call to it: <c>PATCH /verification/v1/verifications/number/{number}</c>.</summary>
internal sealed class SinchTelemetry(VerificationClient verifications, FindSinchVerification find)
{
    public static async Task<IResult> HandleAsync(string number, HttpContext http, SinchTelemetry telemetry)
    {
        var (told, wrong) = await SinchJson.ReadAsync<TelemetryDocument>(http);
        return (wrong ?? Methods.Check(told!.Method) ?? Numbers.Read(number).Wrong) is { } mistake
            ? new SinchRefusal(mistake)
            : await telemetry.HandleAsync(http.Caller()!, number, told!.Data, http.RequestAborted);
    }

    private async Task<IResult> HandleAsync(
        Caller caller, string number, TelemetryDocument.CallDocument? told, CancellationToken cancellationToken)
    {
        var (session, refused) = await find.ByNumberAsync(caller, number, mustBeLive: false, cancellationToken);
        if (session is null)
            return new SinchRefusal(refused!);
        if (told is { LateCall: null, NoCall: null } or null)
            return TypedResults.Json(new JsonObject(), SinchJson.Options);
        var answer = await verifications.TelemetryAsync(
            caller.Application.Id, session.Id, new JsonObject { ["lateCall"] = told.LateCall, ["noCall"] = told.NoCall },
            cancellationToken);
        // A phone can do nothing about it that no more is kept.
        return answer.IsSuccess || answer.Code == "too_much_telemetry"
            ? TypedResults.Json(new JsonObject(), SinchJson.Options)
            : new SinchRefusal(SinchError.Of(answer));
    }
}
