using Xunit;

namespace FlashCall.Sip.Tests;

/// <summary>Responses that are only looked at while they are handled share their room; all others stay.</summary>
public sealed class LentResponseTests
{
    [Fact]
    public async Task Who_keeps_no_responses_reads_each_as_it_comes_and_then_the_next_in_its_place()
    {
        await using var line = new Line();
        var client = new Reader();
        line.Stack.Invite(Sample.Request("INVITE"), line.Hop, client);
        line.Answer("INVITE", 100);
        line.Answer("INVITE", 180, "first", ringing => ringing.SetBody("text/plain", "ring"u8.ToArray()));
        line.Answer("INVITE", 503, "second", refusal => refusal.Headers.Add("Retry-After", "7"));

        Assert.Equal(["100 Trying  0 ", "180 Ringing first 4 ", "503 Service Unavailable second 0 7"], client.Read);
        Assert.Single(client.Responses.Distinct());
        Assert.Equal("second", ((SipRequest)line.LastOf("ACK")).To.Tag);
    }

    [Fact]
    public async Task Who_keeps_responses_has_them_to_itself()
    {
        await using var line = new Line();
        line.Stack.Invite(Sample.Request("INVITE"), line.Hop, line.Client);
        line.Answer("INVITE", 180, "first");
        line.Answer("INVITE", 486, "second");

        Assert.Equal([(180, "first"), (486, "second")], line.Client.Responses.Select(response => (response.Status, response.To.Tag!)));
    }

    [Fact]
    public async Task A_2xx_stays_in_any_case_since_its_dialog_does()
    {
        await using var line = new Line();
        var client = new Reader();
        line.Stack.Invite(Sample.Request("INVITE"), line.Hop, client);
        line.Answer("INVITE", 200, "one");
        line.Answer("INVITE", 200, "other");
        line.Answer("INVITE", 486, "late");

        Assert.Equal(["one", "other"], client.Responses.Select(response => response.To.Tag));
    }

    [Fact]
    public async Task A_response_that_comes_while_another_is_handled_disturbs_it_not()
    {
        await using var line = new Line();
        var inner = new Reader();
        var outer = new Reader
        {
            Meanwhile = () =>
            {
                line.Stack.Invite(Sample.Request("INVITE", callId: "inner"), line.Hop, inner);
                line.Answer("INVITE", 486, "inner");
            },
        };
        line.Stack.Invite(Sample.Request("INVITE", callId: "outer"), line.Hop, outer);
        line.Answer("INVITE", 404, "outer");

        Assert.Equal(["486 Busy Here inner 0 "], inner.Read);
        Assert.Equal(["404 Not Found outer 0 "], outer.Read);
        Assert.Empty(line.Faults);
    }

    [Fact]
    public async Task A_long_response_is_read_as_any_other_message()
    {
        await using var line = new Line();
        var client = new Reader();
        line.Stack.Invite(Sample.Request("INVITE"), line.Hop, client);
        line.Answer("INVITE", 180, "short");
        line.Answer("INVITE", 486, "long", refusal => refusal.SetBody("text/plain", new byte[5_000]));

        Assert.Equal(["180 Ringing short 0 ", "486 Busy Here long 5000 "], client.Read);
        Assert.Equal(2, client.Responses.Distinct().Count());
    }

    /// <summary>A client that reads responses while they are there; the objects it notes only to tell them apart.</summary>
    private sealed class Reader : ISipClient
    {
        public List<string> Read { get; } = [];

        public List<SipResponse> Responses { get; } = [];

        public Action? Meanwhile { get; init; }

        public bool KeepsResponses => false;

        public void OnResponse(SipClientTransaction transaction, SipResponse response)
        {
            Meanwhile?.Invoke();
            Responses.Add(response);
            Read.Add($"{response.Status} {response.Reason} {response.To.Tag} {response.Body.Length} {response.RetryAfter?.TotalSeconds}");
        }

        public void OnFailure(SipClientTransaction transaction, SipClientFailure failure) => Assert.Fail($"{failure}");
    }
}
