using System.Text.Json;
using FlashCall.Gateway.Applications;
using FlashCall.Gateway.Webhooks.Receivers;

namespace FlashCall.Gateway.Sinch;

/// <summary>What an application has to say to a start.</summary>
/// <param name="Denied">Why the session is denied, in the verification service's words; null where it may begin.</param>
/// <param name="Options">Wishes for the call, over those of the start.</param>
internal sealed record Permission(string? Denied, FlashCallOptionsDocument? Options = null)
{
    /// <summary>The application says nothing against it.</summary>
    public static readonly Permission Allowed = new(Denied: null);

    /// <summary>The application does not want it.</summary>
    public static readonly Permission Refused = new("callback_denied");

    /// <summary>The application was asked, and its answer is none.</summary>
    public static readonly Permission Unusable = new("callback_invalid");

    /// <summary>What is to be done before a start.</summary>
    /// <param name="level">How strong the caller's credential is.</param>
    /// <param name="hasCallback">Whether the application has said where to ask.</param>
    /// <returns>The permission where it is clear; null where the application has to be asked.</returns>
    public static Permission? WithoutAsking(AuthorizationLevel level, bool hasCallback) => (level, hasCallback) switch
    {
        // It comes from the application itself, beyond doubt.
        (AuthorizationLevel.Signed, _) => Allowed,
        (_, true) => null,
        (AuthorizationLevel.Bearer, false) => Allowed,
        // Anybody may know a key's id: somebody who knows more has to say yes.
        (AuthorizationLevel.Public, false) => Refused,
        _ => throw new InvalidOperationException($"Unknown level {level}."),
    };

    /// <summary>What the answer of a callback says.</summary>
    /// <param name="answer">What came.</param>
    public static Permission Read(ReceiverAnswer answer)
    {
        if (!answer.IsSuccess)
            return Unusable;
        try
        {
            var said = JsonSerializer.Deserialize<AnswerDocument>(answer.Body, SinchJson.Options);
            return said?.Action?.ToUpperInvariant() switch
            {
                "ALLOW" when said.FlashCall?.Check() is null => new Permission(Denied: null, said.FlashCall),
                "DENY" => Refused,
                _ => Unusable,
            };
        }
        catch (JsonException)
        {
            return Unusable;
        }
    }

    /// <param name="Action"><c>allow</c> or <c>deny</c>.</param>
    /// <param name="FlashCall">Wishes. A <c>cli</c> among them is ignored: the number pool chooses it, as it is the code.</param>
    private sealed record AnswerDocument(string? Action, FlashCallOptionsDocument? FlashCall);
}
