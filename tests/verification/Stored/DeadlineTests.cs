using System.Globalization;
using FlashCall.Hosting;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FlashCall.Verification.Tests.Stored;

/// <summary>A deadline that was looked at too early is set again, and never over what a step has set meanwhile.</summary>
public sealed class DeadlineTests(RunningVerification running) : IAsyncLifetime
{
    private static readonly DateTimeOffset Until = new(2026, 1, 1, 12, 0, 4, TimeSpan.Zero);
    private static readonly DateTimeOffset Due = Until.AddSeconds(20);

    private readonly Guid _id = Guid.CreateVersion7();
    private StoredSessions _stored = null!;
    private readonly OutageLog _outages = new(TimeProvider.System, NullLogger<OutageLog>.Instance);
    private Deadlines _deadlines = null!;

    public async ValueTask InitializeAsync()
    {
        _stored = await StoredSessions.CreateAsync(running);
        _deadlines = new Deadlines(_stored.Data, _stored.Start().Sessions, _outages, TimeProvider.System, NullLogger<Deadlines>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        _deadlines.Dispose();
        _outages.Dispose();
        await _stored.DisposeAsync();
    }

    [Fact]
    public async Task What_nobody_moved_since_it_was_taken_is_set_again()
    {
        await SetAsync(Until);
        await _deadlines.GiveBackAsync(Claimed, Due, CancellationToken.None);
        Assert.Equal(Due, await ReadAsync());
    }

    [Fact]
    public async Task What_nobody_moved_and_nobody_needs_goes()
    {
        await SetAsync(Until);
        await _deadlines.GiveBackAsync(Claimed, due: null, CancellationToken.None);
        Assert.Null(await ReadAsync());
    }

    [Fact]
    public async Task What_a_step_moved_meanwhile_stays()
    {
        var earlier = Until.AddSeconds(-2);
        await SetAsync(earlier);
        await _deadlines.GiveBackAsync(Claimed, Due, CancellationToken.None);
        Assert.Equal(earlier, await ReadAsync());
        await _deadlines.GiveBackAsync(Claimed, due: null, CancellationToken.None);
        Assert.Equal(earlier, await ReadAsync());
    }

    [Fact]
    public async Task What_a_step_ended_meanwhile_does_not_come_back()
    {
        await _deadlines.GiveBackAsync(Claimed, Due, CancellationToken.None);
        Assert.Null(await ReadAsync());
    }

    private ClaimedDeadline Claimed => new(_id, Until, TraceParent: null);

    private async Task SetAsync(DateTimeOffset due)
    {
        await using var insert = _stored.Data.CreateCommand("insert into deadlines (verification_id, due_at) values ($1, $2)");
        insert.Parameters.Add(new() { Value = _id });
        insert.Parameters.Add(new() { Value = due });
        await insert.ExecuteNonQueryAsync();
    }

    private async Task<DateTimeOffset?> ReadAsync()
    {
        var rows = await _stored.ReadAsync("select (extract(epoch from due_at) * 1000)::bigint::text from deadlines where verification_id = $1", _id);
        return rows is [{ } milliseconds]
            ? DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(milliseconds, CultureInfo.InvariantCulture))
            : null;
    }
}
