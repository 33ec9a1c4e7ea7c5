using FlashCall.EndToEnd.Tests.Running;
using Xunit;

namespace FlashCall.EndToEnd.Tests.PublicApi;

/// <summary>A start that is sent again since its answer was lost, over two replicas.</summary>
[Collection(Platform.OneAtATime)]
public sealed class RepeatedStartTests(Platform platform)
{
    [Fact]
    public async Task The_same_key_and_body_give_the_same_answer_and_one_call()
    {
        using var backend = platform.Http(platform.Key);
        using var phone = platform.NextPhone();
        var key = Guid.NewGuid().ToString();

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 6).Select(_ => backend.AskAsync(Api.Start(phone, headers: ("Idempotency-Key", key)))));
        var late = await backend.AskAsync(Api.Start(phone, headers: ("Idempotency-Key", key)));

        Assert.All(answers, answer => Assert.Equal(201, answer.Status));
        Assert.Single(answers.Append(late).Select(answer => answer.Body.GetRawText()).Distinct());
        var callerId = await phone.RingingAsync();
        Assert.Equal("verified", (await backend.ReportAsync(late.Body.Text("id"), callerId)).Body.Text("status"));
        Assert.Equal(1, (await phone.CallsAsync()).GetArrayLength());

        var other = await backend.AskAsync(Api.Start(phone, "onboarding", ("Idempotency-Key", key)));
        Assert.Equal((422, "idempotency_key_reused"), (other.Status, other.Code()));
    }
}
