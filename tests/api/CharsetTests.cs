using System.Net;
using System.Text;
using Xunit;

namespace FlashCall.Api.Tests;

/// <summary>JSON is UTF-8. A body that says otherwise was once an error of ours.</summary>
public sealed class CharsetTests(WholePlatform platform)
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
}
