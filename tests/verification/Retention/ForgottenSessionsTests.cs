using System.Diagnostics.Metrics;
using FlashCall.Contracts;
using FlashCall.EventLog;
using FlashCall.Funnel;
using FlashCall.Verification.Results;
using FlashCall.Verification.Retention;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Subjects;
using FlashCall.Verification.Tests.Analytics;
using FlashCall.Verification.Tests.Subjects;
using FlashCall.Verification.Tests.Support;
using Xunit;

namespace FlashCall.Verification.Tests.Retention;

/// <summary>Persons are forgotten in the archive as elsewhere: because they ask, or because their time is over.</summary>
public sealed class ForgottenSessionsTests(RunningVerification running) : IAsyncLifetime
{
    private static readonly DateTimeOffset July = new(2026, 7, 14, 12, 0, 0, TimeSpan.Zero);

    private readonly PhoneNumber _number = PhoneNumber.Parse(ClientExtensions.FreshNumber());
    private OldSessions _old = null!;
    private ErasureStore _erasures = null!;
    private SessionEraser _eraser = null!;

    public async ValueTask InitializeAsync()
    {
        _old = await OldSessions.CreateAsync(running);
        _erasures = new ErasureStore(_old.Stored.Data, new SubjectHash(new ResultSettings { SecretsKey = new byte[32] }));
        _eraser = new SessionEraser(_old.Stored.Data, _old.Replica.Documents, _old.Replica.Sessions, _old.Replica.Watch, TimeProvider.System);
    }

    public async ValueTask DisposeAsync() => await _old.DisposeAsync();

    [Fact]
    public async Task An_erasure_reaches_the_archive_and_the_sessions_are_still_found_by_their_country()
    {
        var archived = await _old.EndedAsync(July, _number);
        var other = await _old.EndedAsync(July);
        await _old.EndedAsync(DateTimeOffset.UtcNow.AddHours(-1), _number);
        await _old.PassAsync();
        Assert.Equal(2, await _old.ArchiveAsync());

        Assert.Equal((2, 0), await _eraser.EraseAsync(await BeginAsync(), CancellationToken.None));

        Assert.Equal([_number.E164], await _old.Stored.Data.WithoutErasureAsync(_number.E164[1..]));
        Assert.Empty(await _old.Stored.Data.PlacesOfAsync($"user-{archived}"));
        Assert.Empty(await _old.Stored.Data.PlacesOfAsync($"word of {archived}"));
        Assert.NotEmpty(await _old.Stored.Data.PlacesOfAsync($"word of {other}"));
        var history = (await _old.Replica.Sessions.ReadAsync(archived, CancellationToken.None))!;
        Assert.Equal((PhoneNumber.Erased, 8), (history.State.Asked.To, history.Events.Count));
        Assert.Equal((3 * 8, 2 * 8, 0), (await EventsOfAsync("SE"), await EventsOfAsync("ZZ"), await EventsOfAsync("NO")));
        // A calling code of several countries: it is the kept one that tells.
        await _old.Stored.ReadAsync("update verifications set erased_region = 'CA' where callee = 'erased' returning null::text");
        Assert.Equal((0, 2 * 8, 8), (await EventsOfAsync("US"), await EventsOfAsync("CA"), await EventsOfAsync("SE")));
    }

    [Fact]
    public async Task A_session_that_moves_at_that_moment_is_erased_where_it_goes()
    {
        await _old.EndedAsync(July, _number);
        await _old.EndedAsync(DateTimeOffset.UtcNow);
        await _old.PassAsync();
        var erasure = await BeginAsync();
        await using var connection = await _old.Stored.Data.OpenConnectionAsync();
        await using var move = await connection.BeginTransactionAsync();
        Assert.Equal(1, await ArchiveOldSessions.MoveAsync(connection, DateTimeOffset.UtcNow.AddDays(-1), 10, CancellationToken.None));

        var erasing = _eraser.EraseAsync(erasure, CancellationToken.None);
        await _old.Stored.HeldAsync(1);
        await move.CommitAsync();

        Assert.Equal((1, 0), await erasing);
        Assert.Equal([_number.E164], await _old.Stored.Data.WithoutErasureAsync(_number.E164[1..]));
        Assert.Equal(8, await _old.CountAsync("archived_events"));
    }

    [Fact]
    public async Task A_session_whose_month_was_dropped_loses_what_is_left_of_it()
    {
        await _old.EndedAsync(July, _number);
        await _old.EndedAsync(DateTimeOffset.UtcNow);
        await _old.PassAsync();
        Assert.Equal(1, await _old.ArchiveAsync());
        await using (var drop = _old.Stored.Data.CreateCommand("drop table archived_events_2026_07"))
            await drop.ExecuteNonQueryAsync();

        Assert.Equal((1, 0), await _eraser.EraseAsync(await BeginAsync(), CancellationToken.None));

        Assert.Equal([_number.E164], await _old.Stored.Data.WithoutErasureAsync(_number.E164[1..]));
    }

    [Fact]
    public async Task Whose_time_is_over_is_forgotten_in_the_archive_and_before_it_and_the_counts_stay()
    {
        var archived = await _old.EndedAsync(July, _number);
        await _old.EndedAsync(DateTimeOffset.UtcNow.AddMinutes(-1));
        await _old.PassAsync();
        Assert.Equal(1, await _old.ArchiveAsync());
        var waiting = await _old.EndedAsync(July.AddDays(1), _number);
        var recent = await _old.EndedAsync(DateTimeOffset.UtcNow.AddHours(-1));
        await _old.PassAsync();
        await new FunnelRebuild(_old.Stored.Data, TimeProvider.System).RunAsync(CancellationToken.None);
        var funnel = await FunnelText.ReadAsync(_old.Stored.Data);
        var done = new Dictionary<string, long>(StringComparer.Ordinal);
        using var listener = Listen(done);
        await _old.Figures.StartAsync(CancellationToken.None);
        await FlashCall.Testing.Eventually.TrueAsync(
            () =>
            {
                listener.RecordObservableInstruments();
                return done.GetValueOrDefault("due erase") == 2 && done.GetValueOrDefault("due archive") == 1;
            }, "what is due");

        Assert.Equal(2, await _old.ForgetAsync());
        Assert.Equal(0, await _old.ForgetAsync());

        Assert.Equal(2, done["done erase"]);
        Assert.Empty(await _old.Stored.Data.PlacesOfAsync(_number.E164[1..]));
        foreach (var id in (Guid[])[archived, waiting])
        {
            Assert.Empty(await _old.Stored.Data.PlacesOfAsync($"word of {id}"));
            var history = (await _old.Replica.Sessions.ReadAsync(id, CancellationToken.None))!;
            Assert.Equal(("verified", 8), (SessionStatus.Of(history.State), history.Events.Count));
        }
        Assert.NotEmpty(await _old.Stored.Data.PlacesOfAsync($"word of {recent}"));
        await new FunnelRebuild(_old.Stored.Data, TimeProvider.System).RunAsync(CancellationToken.None);
        Assert.Equal(funnel, await FunnelText.ReadAsync(_old.Stored.Data));
        await _old.Figures.StopAsync(CancellationToken.None);
    }

    private MeterListener Listen(Dictionary<string, long> done)
    {
        var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Meter.Scope == _old.Meters && instrument.Name.StartsWith("flashcall.retention.", StringComparison.Ordinal))
                listening.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var name = $"{instrument.Name["flashcall.retention.".Length..]} {tags[0].Value}";
            done[name] = instrument is Counter<long> ? done.GetValueOrDefault(name) + value : value;
        });
        listener.Start();
        return listener;
    }

    private async Task<ClaimedErasure> BeginAsync()
    {
        var now = DateTimeOffset.UtcNow;
        await _erasures.BeginAsync(_number, "privacy", now, CancellationToken.None);
        return (await _erasures.ClaimAsync(now.AddSeconds(1), now.AddSeconds(30), CancellationToken.None))!;
    }

    private async Task<int> EventsOfAsync(string country)
    {
        using var reader = new EventReader(_old.Stored.Data, TimeProvider.System);
        var count = 0;
        await foreach (var page in reader.ReadAsync(new EventFilter { Countries = [country] }))
            count += page.Events.Count;
        return count;
    }
}
