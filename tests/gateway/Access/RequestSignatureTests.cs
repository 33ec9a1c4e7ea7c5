using System.Text;
using FlashCall.Gateway.Access;

namespace FlashCall.Gateway.Tests.Access;

/// <summary>The signature over a request, against vectors that other programs made.</summary>
public sealed class RequestSignatureTests
{
    private const string Start = "{\"identity\":{\"type\":\"number\",\"endpoint\":\"+46700000000\"},\"method\":\"flashcall\"}";

    public static TheoryData<string, string, string, string, string, string, string> Vectors => new()
    {
        // secret, method, body, content type, timestamp, path, signature
        {
            "JViE5vDor0Sw3WllZka15Q==", "POST", "{\"message\":\"Hello world\"}", "application/json", "2014-06-04T13:41:58Z",
            "/v1/sms/+46700000000", "qDXMwzfaxCRS849c/2R0hg0nphgdHciTo7OdM6MsdnM="
        },
        {
            "YXBwU2VjcmV0LTEyMw==", "POST", Start, "application/json", "2026-01-01T00:00:00Z", "/verification/v1/verifications",
            "PQVPKkQrzzEy9/yAsQWbxfACuMLk1w1V8twtaEnqVOo="
        },
        {
            "YXBwU2VjcmV0LTEyMw==", "GET", "", "application/json", "2026-01-01T00:00:00Z", "/verification/v1/verifications/id/018f",
            "gcF4wrjyNT1Mx+8Nk2sraxbaL9cSmD2em0lg1FNiIdk="
        },
        {
            "YXBwU2VjcmV0LTEyMw==", "GET", "", "", "2026-01-01T00:00:00Z", "/verification/v1/verifications/id/018f",
            "d1bCG1lA6r2RqhikykEdVUr3f99Q8ARp+5r8E6kS8+E="
        },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Each_vector_fits_and_nothing_that_differs_from_it(
        string secret, string method, string body, string contentType, string timestamp, string path, string signature)
    {
        Assert.True(Fits(signature, secret, method, body, contentType, timestamp, path));

        Assert.False(Fits(signature, "c2VjcmV0", method, body, contentType, timestamp, path));
        Assert.False(Fits(signature, secret, method == "GET" ? "HEAD" : "PUT", body, contentType, timestamp, path));
        Assert.False(Fits(signature, secret, method, body + " ", contentType, timestamp, path));
        Assert.False(Fits(signature, secret, method, body, contentType + ";", timestamp, path));
        Assert.False(Fits(signature, secret, method, body, contentType, timestamp.Replace('1', '2'), path));
        Assert.False(Fits(signature, secret, method, body, contentType, timestamp, path + "/"));
        Assert.False(Fits(signature, secret, method, body, contentType, timestamp, path + "?a=1"));
    }

    [Fact]
    public void A_path_fits_as_it_was_sent_and_decoded()
    {
        var (secret, vector) = ("JViE5vDor0Sw3WllZka15Q==", "qDXMwzfaxCRS849c/2R0hg0nphgdHciTo7OdM6MsdnM=");
        const string Body = "{\"message\":\"Hello world\"}";

        Assert.True(Fits(vector, secret, "POST", Body, "application/json", "2014-06-04T13:41:58Z", "/v1/sms/%2B46700000000"));
        Assert.True(Fits(vector, secret, "POST", Body, "application/json", "2014-06-04T13:41:58Z", "/v1/%73ms/%2b46700000000"));
        var escaped = Convert.ToBase64String(RequestSignature.Of([1], "GET", [], "", "t", "/a/%2B1?q=%2B"));
        Assert.True(Fits(escaped, "AQ==", "GET", "", "", "t", "/a/%2B1?q=%2B"));
        // Of the query, what was sent is what was signed.
        Assert.False(Fits(escaped, "AQ==", "GET", "", "", "t", "/a/%2B1?q=+"));
        Assert.False(Fits(escaped, "AQ==", "GET", "", "", "t", "/a/+1?q=%2B"));
    }

    private static bool Fits(
        string signature, string secret, string method, string body, string contentType, string timestamp, string target) =>
        RequestSignature.Fits(
            Convert.FromBase64String(signature), Convert.FromBase64String(secret), method, Encoding.UTF8.GetBytes(body), contentType,
            timestamp, target);
}
