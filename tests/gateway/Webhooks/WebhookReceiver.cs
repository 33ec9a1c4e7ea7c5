using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace FlashCall.Gateway.Tests.Webhooks;

// <example>
/// <summary>Checks that a webhook is from the platform. Read the body as bytes, before anything parses it.</summary>
public static class WebhookReceiver
{
    public sealed record Message(string Id, string Timestamp, string Signature, byte[] Body);

    public static bool IsGenuine(Message message, string secret, DateTimeOffset now)
    {
        // An old message that somebody kept is not sent anew: refuse it.
        if (!long.TryParse(message.Timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var sent)
            || Math.Abs(now.ToUnixTimeSeconds() - sent) > 300)
        {
            return false;
        }
        var key = Convert.FromBase64String(secret["whsec_".Length..]);
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{message.Id}.{message.Timestamp}."), .. message.Body];
        var expected = Encoding.UTF8.GetBytes("v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed)));
        // While a secret is being changed there are two signatures, with a space between them.
        return message.Signature.Split(' ').Any(
            one => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), expected));
    }
}
// </example>
