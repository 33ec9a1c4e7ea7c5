using System.Net;

namespace FlashCall.Gateway.Webhooks.Receivers;

/// <summary>What can be said of a receiver's address before it is connected to.</summary>
internal static class ReceiverUrl
{
    /// <summary>The longest address, characters.</summary>
    public const int Longest = 2048;

    /// <summary>Ports below it belong to other protocols, which might be spoken to in the body of a request.</summary>
    private const int FirstFreePort = 1024;

    /// <summary>What is wrong with it and what would be right; null where nothing is.</summary>
    public static string? Mistake(string? text, WebhookSettings settings)
    {
        var scheme = settings.AllowHttp ? "https:// or http://" : "https://";
        if (text is not { Length: > 0 and <= Longest } || !Uri.TryCreate(text, UriKind.Absolute, out var url)
            || url.Scheme != Uri.UriSchemeHttps && !(settings.AllowHttp && url.Scheme == Uri.UriSchemeHttp))
        {
            return $"Give an address that begins with {scheme} and has at most {Longest} characters, such as https://shop.example/hooks.";
        }
        if (url.UserInfo.Length > 0)
            return "Leave out the user name and password: requests are signed instead.";
        if (url.Fragment.Length > 0)
            return "Leave out what comes after #: it would not be sent.";
        if (!url.IsDefaultPort && url.Port < FirstFreePort)
            return $"Use the scheme's own port, or one from {FirstFreePort} up.";
        if (IPAddress.TryParse(url.DnsSafeHost, out var address) && !new ReceiverAddresses(settings.AllowedNetworks).MayConnect(address))
            return "Give a public address: private, local and reserved ones are not connected to.";
        return null;
    }
}
