using FlashCall.Verification.Storage;
using FlashCall.Verification.Tests.Sessions;
using Xunit;

namespace FlashCall.Verification.Tests.Stored;

/// <summary>What a replica remembers of the sessions under way.</summary>
public sealed class LiveSessionsTests
{
    private readonly LiveSessions _live = new();

    [Fact]
    public void A_session_is_found_where_it_was_last_seen()
    {
        _live.Keep(Usual.Calling.State);
        _live.Keep(Usual.Ringing.State);

        Assert.Equal(Usual.Ringing.State.Revision, _live.Find(Spec.Id)?.Revision);
        Assert.Null(_live.Find(Spec.First));
    }

    [Fact]
    public void What_is_older_takes_no_place()
    {
        _live.Keep(Usual.Ringing.State);
        _live.Keep(Usual.Calling.State);

        Assert.Equal(Usual.Ringing.State.Revision, _live.Find(Spec.Id)?.Revision);
    }

    [Fact]
    public void One_that_was_verified_stays_until_its_call_is_over_and_then_goes()
    {
        var verified = Usual.Ringing.And(Usual.Right, Usual.Succeeded);
        _live.Keep(verified.State);
        Assert.NotNull(_live.Find(Spec.Id));

        _live.Keep(verified.And(Usual.Ended).State);
        Assert.Null(_live.Find(Spec.Id));
    }

    [Fact]
    public void One_that_moved_elsewhere_is_forgotten()
    {
        _live.Keep(Usual.Calling.State);
        _live.Forget(Spec.Id);

        Assert.Null(_live.Find(Spec.Id));
    }

    [Fact]
    public void So_many_are_held_and_no_more_and_those_seen_last_are_among_them()
    {
        var ids = Enumerable.Range(0, (3 * LiveSessions.Most) + 1).Select(_ => Guid.CreateVersion7()).ToList();
        var kept = Usual.Calling.State with { Id = Guid.CreateVersion7() };
        foreach (var id in ids)
        {
            _live.Keep(Usual.Calling.State with { Id = id });
            _live.Keep(kept);
        }

        Assert.InRange(ids.Count(id => _live.Find(id) is not null), (LiveSessions.Most / 2) - 1, LiveSessions.Most);
        Assert.All(ids[^(LiveSessions.Most / 4)..], id => Assert.NotNull(_live.Find(id)));
        Assert.NotNull(_live.Find(kept.Id));
        Assert.Null(_live.Find(ids[0]));
    }
}
