using System.Text;
using FlashCall.Gateway.Webhooks;
using FlashCall.Gateway.Webhooks.Deliveries;

namespace FlashCall.Gateway.Tests.Webhooks;

public sealed class SignatureTests
{
    /// <summary>The example that libraries for Standard Webhooks test themselves with.</summary>
    [Fact]
    public void A_standard_signature_is_as_others_make_it() =>
        Assert.Equal(
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            StandardSignature.Of(
                [Convert.FromBase64String("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                Encoding.UTF8.GetBytes("{\"test\": 2432232314}")));

    [Fact]
    public void Two_secrets_sign_both()
    {
        byte[][] secrets = [[1, 2, 3], [4, 5, 6]];
        Assert.Equal(
            string.Join(' ', secrets.Select(secret => StandardSignature.Of([secret], "msg_1", 5, "{}"u8))),
            StandardSignature.Of(secrets, "msg_1", 5, "{}"u8));
    }

    [Fact]
    public void A_Sinch_callback_is_signed_as_its_requests_are()
    {
        var key = Guid.Parse("0199c0de-0000-7000-8000-000000000001");
        var headers = SinchSignature.Of(
            key, Convert.FromBase64String("YXBwU2VjcmV0LTEyMw=="), HttpMethod.Post,
            new Uri("https://shop.example/verification/v1/verifications"),
            """{"identity":{"type":"number","endpoint":"+46700000000"},"method":"flashcall"}"""u8,
            new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal(
            [
                new("Authorization", $"application {key}:PQVPKkQrzzEy9/yAsQWbxfACuMLk1w1V8twtaEnqVOo="),
                new("x-timestamp", "2026-01-01T00:00:00Z"),
            ],
            headers);
    }
}
