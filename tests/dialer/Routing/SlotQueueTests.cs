using FlashCall.Dialer.Routing;
using Xunit;

namespace FlashCall.Dialer.Tests.Routing;

/// <summary>Who waits for room, who gets it, and when the database is asked.</summary>
public sealed class SlotQueueTests
{
    private static readonly TrunkLimit TenASecond = new(CallsPerSecond: 10, Burst: 10, Channels: null);
    private static readonly TrunkLimit FiveChannels = new(CallsPerSecond: null, Burst: 1, Channels: 5);

    private readonly SlotQueue<string> _queue = new();
    private TrunkLimit _limit = TenASecond;
    private TimeSpan _now = TimeSpan.FromHours(1);

    [Fact]
    public void An_empty_queue_has_nothing_to_do() => Assert.IsType<QueueStep.Idle>(Next());

    [Fact]
    public void One_claim_asks_for_all_that_wait_and_they_get_room_in_their_order()
    {
        foreach (var call in (string[])["a", "b", "c"])
            Join(call, 500);
        Assert.Equal(3, Ask().Wanted);
        Assert.Equal(["a", "b"], Answer(2, tokens: 0));
        Assert.Equal((1, 2), (_queue.Count, _queue.InUse));
    }

    [Fact]
    public void The_next_claim_goes_out_when_the_next_token_is_due_and_none_before()
    {
        Join("a", 500);
        Ask();
        Assert.Empty(Answer(0, tokens: 0.25));
        Assert.Equal(_now + TimeSpan.FromMilliseconds(75), Wait());

        Join("b", 500);
        Pass(74);
        Assert.Equal(_now + TimeSpan.FromMilliseconds(1), Wait());
        Pass(1);
        Assert.Equal(2, Ask().Wanted);
    }

    [Fact]
    public void A_call_that_does_not_wait_is_told_what_the_database_says()
    {
        Join("a", 0);
        Assert.Empty(_queue.Expire(_now));
        Assert.Equal(1, Ask().Wanted);
        Assert.Empty(Answer(0, tokens: 0));
        Assert.Equal(["a"], _queue.Expire(_now));
    }

    [Fact]
    public void While_no_token_is_due_a_call_that_does_not_wait_is_refused_without_asking()
    {
        Join("a", 500);
        Ask();
        Answer(0, tokens: 0);
        Join("b", 0);
        Assert.Equal(["b"], _queue.Expire(_now));
        Assert.IsType<QueueStep.Wait>(Next());
    }

    [Fact]
    public void A_call_that_came_during_a_claim_is_asked_for_by_the_next()
    {
        Join("a", 0);
        Ask();
        Join("b", 0);
        Pass(5);
        Assert.Equal(["a"], Answer(1, tokens: 3));
        Assert.Empty(_queue.Expire(_now));
        Assert.Equal(1, Ask().Wanted);
    }

    [Fact]
    public void Calls_leave_when_their_wait_is_over_and_not_before()
    {
        Join("long", 300);
        Join("short", 100);
        Ask();
        Answer(0, tokens: -4);
        Assert.Empty(_queue.Expire(_now));
        Assert.Equal(_now + TimeSpan.FromMilliseconds(100), Wait());
        Pass(100);
        Assert.Equal(["short"], _queue.Expire(_now));
        Assert.Equal(_now + TimeSpan.FromMilliseconds(200), Wait());
        Pass(200);
        Assert.Equal(["long"], _queue.Expire(_now));
        Assert.IsType<QueueStep.Idle>(Next());
    }

    [Fact]
    public void What_was_granted_to_one_that_left_goes_to_the_next_or_back()
    {
        var left = Join("a", 500);
        Join("b", 500);
        Ask();
        _queue.Leave(left);
        Join("c", 500);
        Assert.Equal(["b", "c"], Answer(2, tokens: 0));

        left = Join("d", 500);
        Pass(200);
        Ask();
        _queue.Leave(left);
        Assert.Empty(Answer(1, tokens: 0));
        Assert.Equal(_now + SlotQueue<string>.WriteWithin, Wait());
        Pass(100);
        Assert.Equal(new Claim(0, Channels: null, Unspent: 1), Ask());
        Answer(0, tokens: 1);
        Assert.IsType<QueueStep.Idle>(Next());
    }

    [Fact]
    public void Leaving_again_or_after_room_was_granted_changes_nothing()
    {
        var place = Join("a", 500);
        Ask();
        Assert.Equal(["a"], Answer(1, tokens: 0));
        _queue.Leave(place);
        _queue.Leave(place);
        Assert.Equal(1, _queue.InUse);
    }

    [Fact]
    public void Channels_are_claimed_with_the_number_in_use_and_given_back_within_a_moment()
    {
        _limit = FiveChannels;
        Join("a", 0);
        Join("b", 0);
        Assert.Equal(new Claim(2, Channels: 0, Unspent: 0), Ask());
        Assert.Equal(["a", "b"], Answer(2, channelsLeft: 3));
        Assert.IsType<QueueStep.Idle>(Next());

        Return();
        Assert.Equal(_now + SlotQueue<string>.WriteWithin, Wait());
        Pass(60);
        Return();
        Pass(40);
        Assert.Equal(new Claim(0, Channels: 0, Unspent: 0), Ask());
        Answer(0, channelsLeft: 5);
        Assert.IsType<QueueStep.Idle>(Next());
    }

    [Fact]
    public void A_claim_takes_the_channels_that_came_free_with_it()
    {
        _limit = FiveChannels;
        Join("a", 0);
        Ask();
        Answer(1, channelsLeft: 4);
        Return();
        Join("b", 0);
        Assert.Equal(new Claim(1, Channels: 0, Unspent: 0), Ask());
        Answer(1, channelsLeft: 4);
        Assert.IsType<QueueStep.Idle>(Next());
    }

    [Fact]
    public void Where_channels_are_lacking_the_database_is_looked_at_now_and_then_and_at_once_when_a_call_here_ends()
    {
        _limit = FiveChannels;
        Join("a", 0);
        Ask();
        Answer(1, channelsLeft: 0);
        Join("b", 500);
        Ask();
        Assert.Empty(Answer(0, channelsLeft: 0));
        Assert.Equal(_now + SlotQueue<string>.LookEvery, Wait());
        Return();
        Assert.Equal(new Claim(1, Channels: 0, Unspent: 0), Ask());
    }

    [Fact]
    public void A_call_that_ends_while_a_claim_finds_no_channel_makes_the_next_one_go_out_at_once()
    {
        _limit = FiveChannels;
        Join("a", 0);
        Ask();
        Answer(1, channelsLeft: 0);
        Join("b", 500);
        Ask();
        Return();
        Assert.Empty(Answer(0, channelsLeft: 0));
        Assert.Equal(new Claim(1, Channels: 0, Unspent: 0), Ask());
    }

    [Fact]
    public void A_call_that_never_went_out_gives_its_token_back()
    {
        Join("a", 0);
        Ask();
        Answer(1, tokens: 0);
        _queue.Return(_limit, _now, placed: false);
        Join("b", 0);
        Assert.Equal(new Claim(1, Channels: null, Unspent: 1), Ask());
        Answer(1, tokens: 0);
        Assert.IsType<QueueStep.Idle>(Next());
    }

    [Fact]
    public void A_token_that_comes_back_during_a_claim_is_there_for_the_next()
    {
        Join("a", 0);
        Ask();
        Answer(1, tokens: 0);
        Join("b", 500);
        Ask();
        _queue.Return(_limit, _now, placed: false);
        Assert.Empty(Answer(0, tokens: 0));
        Assert.Equal(new Claim(1, Channels: null, Unspent: 1), Ask());
    }

    [Fact]
    public void A_token_is_given_back_at_most_once_even_if_that_fails()
    {
        Join("a", 0);
        Ask();
        Answer(1, tokens: 0);
        _queue.Return(_limit, _now, placed: false);
        Pass(100);
        Assert.Equal(1, Ask().Unspent);
        Assert.Empty(_queue.Fail(_now));
        Pass(1000);
        Assert.Equal(0, Ask().Unspent);
    }

    [Fact]
    public void After_a_failed_claim_all_who_waited_know_and_what_stands_there_is_written_anew()
    {
        _limit = FiveChannels;
        Join("a", 0);
        Ask();
        Answer(1, channelsLeft: 4);
        Join("b", 500);
        Join("c", 500);
        Ask();
        Assert.Equal(["b", "c"], _queue.Fail(_now));

        Assert.Equal(_now + SlotQueue<string>.PauseAfterFailure, Wait());
        Pass(1000);
        Assert.Equal(new Claim(0, Channels: 1, Unspent: 0), Ask());
        Answer(0, channelsLeft: 4);
        Assert.IsType<QueueStep.Idle>(Next());
    }

    [Fact]
    public void A_limit_that_is_taken_away_lets_all_go_and_clears_what_was_written()
    {
        _limit = FiveChannels;
        Join("a", 500);
        Ask();
        Answer(1, channelsLeft: 0);
        Join("b", 500);
        Ask();
        Answer(0, channelsLeft: 0);

        _limit = TrunkLimit.None;
        Assert.Equal(["b"], _queue.GrantAll());
        Assert.IsType<QueueStep.Wait>(Next());
        Pass(100);
        Assert.Equal(new Claim(0, Channels: 0, Unspent: 0), Ask());
        Answer(0);
        Return();
        Return();
        Assert.IsType<QueueStep.Idle>(Next());
    }

    [Fact]
    public void Calls_under_way_count_once_their_trunk_gets_a_limit()
    {
        _limit = TrunkLimit.None;
        _queue.TakeUnlimited();
        _queue.TakeUnlimited();
        Assert.IsType<QueueStep.Idle>(Next());
        _limit = FiveChannels;
        Join("a", 0);
        Assert.Equal(new Claim(1, Channels: 2, Unspent: 0), Ask());
    }

    [Fact]
    public void An_answer_without_a_claim_is_a_mistake_of_ours() =>
        Assert.Throws<InvalidOperationException>(() => Answer(0));

    private SlotQueue<string>.Place Join(string call, double waitMilliseconds) =>
        _queue.Join(call, _now + TimeSpan.FromMilliseconds(waitMilliseconds));

    private void Pass(double milliseconds) => _now += TimeSpan.FromMilliseconds(milliseconds);

    private QueueStep Next() => _queue.Next(_limit, _now);

    private Claim Ask() => Assert.IsType<QueueStep.Ask>(Next()).Claim;

    private TimeSpan Wait() => Assert.IsType<QueueStep.Wait>(Next()).Until;

    private void Return() => _queue.Return(_limit, _now, placed: true);

    private IReadOnlyList<string> Answer(int granted, double? tokens = null, int? channelsLeft = null) =>
        _queue.Answer(new ClaimAnswer(granted, tokens, channelsLeft), _limit, _now);
}
