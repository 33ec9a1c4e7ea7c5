using System.Net;
using System.Text;
using FlashCall.Api.Tests.Description;
using FlashCall.Gateway.Reference;
using Xunit;

namespace FlashCall.Api.Tests;

/// <summary>Text that cannot be read or kept is the client's to put right, and no error of ours.</summary>
public sealed class TextTests(WholePlatform platform)
{
    [Theory]
    [InlineData("utf-7", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("nonsense", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("utf-16", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("UTF-8", HttpStatusCode.UnprocessableEntity)]
    [InlineData("\"utf-8\"", HttpStatusCode.UnprocessableEntity)]
    public async Task A_body_in_another_charset_is_refused(string charset, HttpStatusCode status)
    {
        using var client = platform.AppClient();
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes("{}"));
        Assert.True(content.Headers.TryAddWithoutValidation("Content-Type", $"application/json; charset={charset}"));

        using var response = await client.PostAsync("/v1/verifications", content);

        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("tryFraudPolicy", """{"to":"+46701740605","purpose":"login","application":"\u0000"}""")]
    [InlineData("putFraudEntry", """{"list":"block","kind":"number","value":"+46701740698","reason":"a\u0000b"}""")]
    [InlineData("restNumbers", """{"numbers":["+442079460123"],"for":"00:10:00","reason":"a\u0000b"}""")]
    public async Task What_the_database_does_not_keep_is_refused(string operationId, string body)
    {
        var operation = new ApiDescription(ApiDocument.Current.Json)[operationId];
        using var client = platform.ClientFor(operation);
        using var content = new StringContent(body, Encoding.UTF8, "application/json");

        using var response = await client.PostAsync(operation.Path, content);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
    }
}
