using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using FlashCall.EndToEnd.Tests.Running;
using Xunit;

namespace FlashCall.EndToEnd.Tests.PublicApi;

/// <summary>An application that asks for signed requests.</summary>
[Collection(Platform.OneAtATime)]
public sealed class SignedRequestTests(Platform platform)
{
    [Fact]
    public async Task A_signed_request_starts_a_session_once_and_nothing_weaker_does()
    {
        var application = await platform.AddApplicationAsync(
            new { id = "signing", name = "Signing", scopes = Platform.ClientScopes, minimumAuthorization = "signed" });
        using var phone = platform.NextPhone();
        using var bearer = platform.Http(application.ApiKey);
        using var http = platform.Http(bearer: null);
        var body = Encoding.UTF8.GetBytes($$"""{"to":"{{phone.Number}}","purpose":"login"}""");
        var timestamp = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

        var weak = await bearer.AskAsync(Api.Start(phone));
        Assert.Equal((401, "stronger_authorization_needed"), (weak.Status, weak.Code()));

        var changed = await http.AskAsync(Signed(application, [.. body, (byte)' '], timestamp, signedBody: body));
        Assert.Equal((401, "invalid_signature"), (changed.Status, changed.Code()));

        var (status, session) = await http.AskAsync(Signed(application, body, timestamp, body));
        Assert.Equal((201, phone.Number), (status, session.Text("to")));

        var again = await http.AskAsync(Signed(application, body, timestamp, body));
        Assert.Equal((401, "replayed"), (again.Status, again.Code()));

        await phone.RingingAsync();
        Assert.Equal(1, (await phone.CallsAsync()).GetArrayLength());
    }

    /// <summary>As the API's page says it, written down a second time.</summary>
    private static HttpRequestMessage Signed(Platform.ApplicationKey key, byte[] body, string timestamp, byte[] signedBody)
    {
#pragma warning disable CA5351 // The scheme is the one of the client libraries in use.
        var md5 = Convert.ToBase64String(MD5.HashData(signedBody));
#pragma warning restore CA5351
        var text = $"POST\n{md5}\napplication/json\nx-timestamp:{timestamp}\n/v1/verifications";
        var signature = Convert.ToBase64String(HMACSHA256.HashData(key.SigningSecret, Encoding.UTF8.GetBytes(text)));
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/verifications") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("x-timestamp", timestamp);
        request.Headers.TryAddWithoutValidation("Authorization", $"Application {key.Id}:{signature}");
        return request;
    }
}
