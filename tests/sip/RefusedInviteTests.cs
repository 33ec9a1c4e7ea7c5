using System.Runtime.CompilerServices;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.Sip.Tests;

/// <summary>Timer D (RFC 3261 §17.1.1.2): what a refused INVITE still does for half a minute.</summary>
public sealed class RefusedInviteTests
{
    [Fact]
    public async Task The_ack_of_a_repeat_is_the_first_one_to_the_letter_but_for_the_tag_it_answers()
    {
        await using var line = new Line();
        var request = Sample.Request("INVITE", sequence: 7);
        request.Headers.Add("Route", "<sip:192.0.2.9;lr>");
        request.Headers.Add("Route", "<sip:192.0.2.10;lr>");
        line.Stack.Invite(request, line.Hop, line.Client);
        line.Answer("INVITE", 486);
        var first = (SipRequest)line.LastOf("ACK");
        line.Pass(4);
        line.Answer("INVITE", 486);
        var second = (SipRequest)line.LastOf("ACK");
        line.Answer("INVITE", 486, "another");
        var third = (SipRequest)line.LastOf("ACK");

        Assert.Equal([0, 4000, 4000], line.TimesOf("ACK"));
        Assert.Equal(PartsOf(first), PartsOf(second));
        Assert.Equal(new SipCSeq(7, "ACK"), second.CSeq);
        Assert.Equal(["<sip:192.0.2.9;lr>", "<sip:192.0.2.10;lr>"], second.Headers.All("Route"));
        Assert.Equal("another", third.To.Tag);
        Assert.Equal([486], line.Client.Statuses);
    }

    [Fact]
    public async Task A_2xx_of_another_fork_goes_to_who_is_left_of_the_call_with_what_its_dialog_is_made_of()
    {
        await using var line = new Line();
        line.Client.Afterwards = new ClientLog();
        var request = Sample.Request("INVITE", sequence: 7);
        line.Stack.Invite(request, line.Hop, line.Client);
        line.Answer("INVITE", 486);
        line.Pass(20);
        var late = line.Answer("INVITE", 200, "quick-fork");

        Assert.Equal([486], line.Client.Statuses);
        Assert.Equal([200], line.Client.Afterwards.Statuses);
        var known = line.Client.Afterwards.Request!;
        Assert.Equal(
            (request.Uri.Text, request.CallId, request.From.Text, new SipCSeq(7, "INVITE"), request.TopVia.Text),
            (known.Uri.Text, known.CallId, known.From.Text, known.CSeq, known.TopVia.Text));
        var dialog = SipDialog.OfCaller(known, late);
        Assert.Equal(("quick-fork", request.From.Tag), (dialog.RemoteTag, dialog.LocalTag));
        Assert.Equal(new SipCSeq(7, "ACK"), dialog.CreateAck().CSeq);
    }

    [Fact]
    public async Task Calls_that_have_one_late_client_are_told_apart_by_the_names_they_were_given()
    {
        await using var line = new Line();
        var late = new LateLog();
        var calls = Enumerable.Range(0, 20).Select(_ => (Invite: Sample.Request("INVITE"), Id: Guid.CreateVersion7())).ToArray();
        foreach (var (invite, id) in calls)
        {
            line.Stack.Invite(invite, line.Hop, new RefusedOnce(SipAfterRefusal.To(late, id)));
            line.Receive(SipResponse.For(invite, 486, "peer"));
        }
        // Repeats of the refusal ask for nobody.
        line.Receive(SipResponse.For(calls[7].Invite, 486, "peer"));
        line.Receive(SipResponse.For(calls[7].Invite, 200, "quick-fork"));
        line.Receive(SipResponse.For(calls[7].Invite, 200, "other-fork"));
        line.Receive(SipResponse.For(calls[19].Invite, 200, "quick-fork"));

        Assert.Equal([calls[7].Id, calls[19].Id], late.Asked);
        Assert.Equal([200, 200, 200], late.Client.Statuses);
        Assert.Equal(calls.Length + 1, line.TimesOf("ACK").Length);
    }

    [Fact]
    public async Task Of_the_client_of_a_refused_call_nothing_is_kept_if_another_takes_late_answers()
    {
        await using var line = new Line();
        var client = Refuse(line, new LateLog());
        for (var i = 0; i < 3 && client.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(client.IsAlive);
        Assert.Equal(1, line.Stack.OpenTransactions);

        // Apart, so that nothing on the stack still holds it.
        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference Refuse(Line line, LateLog late)
        {
            var client = new RefusedOnce(SipAfterRefusal.To(late, Guid.CreateVersion7()));
            var invite = Sample.Request("INVITE");
            line.Stack.Invite(invite, line.Hop, client);
            line.Receive(SipResponse.For(invite, 486, "peer"));
            return new WeakReference(client);
        }
    }

    [Fact]
    public void A_way_longer_than_a_page_is_kept_as_any_other()
    {
        var time = new FakeTimeProvider();
        using var timers = new SipTimers(time, exception => Assert.Fail(exception.Message));
        var refused = new SipRefusedInvites(time, timers, TimeSpan.FromSeconds(32));
        byte[][] ways = [[1], [.. Enumerable.Repeat((byte)2, 100_000)], [3, 3]];
        var clients = ways.Select(_ => new ClientLog()).ToArray();
        var branches = ways.Select(_ => SipBranch.New()).ToArray();
        for (var i = 0; i < ways.Length; i++)
            refused.Add(new SipRefusedInvite(branches[i], default, SipAfterRefusal.To(clients[i])), ways[i]);

        for (var i = 0; i < ways.Length; i++)
        {
            Assert.True(refused.TryFind(branches[i], out var invite, out var way));
            Assert.Equal(ways[i], way);
            Assert.Same(clients[i], invite.After.Client);
        }
        refused.Remove(branches[1]);
        Assert.False(refused.TryFind(branches[1], out _, out _));
        Assert.Equal(2, refused.Count);
        time.Advance(TimeSpan.FromSeconds(33));
        Assert.Equal((0, 0), (refused.Count, timers.Count));
    }

    [Fact]
    public async Task After_a_2xx_it_takes_what_comes_for_64_T1_more_and_is_over_then()
    {
        await using var line = new Line();
        line.Stack.Invite(Sample.Request("INVITE"), line.Hop, line.Client);
        line.Answer("INVITE", 486);
        line.Pass(20);
        line.Answer("INVITE", 200, "a");
        line.Pass(31);
        line.Answer("INVITE", 200, "a");
        line.Answer("INVITE", 200, "b");
        line.Answer("INVITE", 486);

        Assert.Equal([486, 200, 200, 200], line.Client.Statuses);
        Assert.Equal([0, 51000], line.TimesOf("ACK"));
        Assert.Equal(1, line.Stack.OpenTransactions);
        line.Pass(1.1);
        Assert.Equal((0, 0), (line.Stack.OpenTransactions, line.Stack.Timers.Count));
        Assert.Empty(line.Client.Failures);
    }

    [Fact]
    public async Task Over_a_reliable_transport_nothing_is_kept()
    {
        await using var line = new Line(reliable: true);
        line.Stack.Invite(Sample.Request("INVITE"), line.Hop, line.Client);
        line.Answer("INVITE", 486);

        Assert.Single(line.TimesOf("ACK"));
        Assert.Equal((0, 0), (line.Stack.OpenTransactions, line.Stack.Timers.Count));
    }

    [Fact]
    public async Task Thousands_wait_each_for_its_own_time()
    {
        const int Each = 3000;
        await using var line = new Line();
        var invites = new List<SipRequest>();
        for (var second = 0; second < 3; second++)
        {
            for (var i = 0; i < Each; i++)
            {
                var invite = Sample.Request("INVITE", $"call-{second}-{i}");
                line.Stack.Invite(invite, line.Hop, line.Client);
                line.Receive(SipResponse.For(invite, 486, "peer"));
                invites.Add(invite);
            }
            line.Pass(1);
        }
        Assert.Equal(3 * Each, line.Stack.OpenTransactions);
        // One in the middle is picked up after all, and waits for longer.
        line.Receive(SipResponse.For(invites[Each + 5], 200, "late"));
        Assert.Equal(3 * Each, line.Stack.OpenTransactions);

        line.Pass(29.1);
        Assert.Equal(2 * Each, line.Stack.OpenTransactions);
        Repeat(0, 0);
        Repeat(Each, 1);
        line.Pass(1);
        Assert.Equal(Each + 1, line.Stack.OpenTransactions);
        Repeat((3 * Each) - 1, 1);
        line.Pass(1);
        Assert.Equal(1, line.Stack.OpenTransactions);
        line.Pass(31);
        Assert.Equal((0, 0), (line.Stack.OpenTransactions, line.Stack.Timers.Count));

        // And the next one finds its place again.
        line.Stack.Invite(Sample.Request("INVITE"), line.Hop, line.Client);
        line.Answer("INVITE", 486);
        Assert.Equal(1, line.Stack.OpenTransactions);

        void Repeat(int call, int acknowledged)
        {
            var before = line.Sent.Count;
            line.Receive(SipResponse.For(invites[call], 486, "peer"));
            Assert.Equal(acknowledged, line.Sent.Count - before);
        }
    }

    /// <summary>A call that leaves late answers to somebody else.</summary>
    private sealed class RefusedOnce(SipAfterRefusal after) : ISipClient
    {
        public SipAfterRefusal? AfterRefusal => after;

        public void OnResponse(SipClientTransaction transaction, SipResponse response) => Assert.Equal(486, response.Status);

        public void OnFailure(SipClientTransaction transaction, SipClientFailure failure) => Assert.Fail($"{failure}");
    }

    /// <summary>Takes late answers, and notes whose.</summary>
    private sealed class LateLog : ISipLateAnswers
    {
        public List<Guid> Asked { get; } = [];

        public ClientLog Client { get; } = new();

        public ISipClient ClientOf(Guid call)
        {
            Asked.Add(call);
            return Client;
        }
    }

    private static string[] PartsOf(SipRequest request) =>
        [request.Uri.Text, .. request.Headers.Select(header => $"{header.Name}: {header.Value}").Order(StringComparer.Ordinal)];
}
