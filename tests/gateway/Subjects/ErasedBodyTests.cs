using System.Text;
using System.Text.Json.Nodes;
using FlashCall.Gateway.Subjects;

namespace FlashCall.Gateway.Tests.Subjects;

/// <summary>What was told without whose it was.</summary>
public sealed class ErasedBodyTests
{
    [Theory]
    [InlineData(
        """{"type":"verification.ended","timestamp":"t","data":{"id":"1","status":"verified","to":"+46701740605","reference":"r","metadata":{"a":"b"},"transactionHash":"44","resultToken":"e.y.J","source":"MANUAL","flashCall":{"callerId":"+442079460000"},"timeline":[{"step":"verified"}]}}""",
        """{"type":"verification.ended","timestamp":"t","data":{"id":"1","status":"verified","to":"erased","flashCall":{"callerId":"+442079460000"},"timeline":[{"step":"verified"}]}}""")]
    [InlineData(
        """{"id":"1","event":"VerificationResultEvent","method":"flashcall","identity":{"type":"number","endpoint":"+46701740605"},"status":"SUCCESSFUL","reference":"r","custom":"c","source":"manual"}""",
        """{"id":"1","event":"VerificationResultEvent","method":"flashcall","identity":{"type":"number","endpoint":"erased"},"status":"SUCCESSFUL"}""")]
    [InlineData("""{"type":"other"}""", """{"type":"other"}""")]
    [InlineData("no json", "{}")]
    [InlineData("[\"+46701740605\"]", "{}")]
    public void What_is_the_persons_goes(string body, string erased)
    {
        var left = ErasedBody.Of(Encoding.UTF8.GetBytes(body));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(erased), JsonNode.Parse(left)), Encoding.UTF8.GetString(left));
        Assert.Equal(left, ErasedBody.Of(left));
    }
}
