using System.Diagnostics.Metrics;
using System.Globalization;
using FlashCall.Contracts;
using FlashCall.Verification.Retention;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Tests.Sessions;
using FlashCall.Verification.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace FlashCall.Verification.Tests.Retention;

/// <summary>A database with sessions that ended when a test wants, and what retention does with them.</summary>
internal sealed class OldSessions : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    private OldSessions(StoredSessions stored)
    {
        Stored = stored;
        Replica = stored.Start();
        Figures = new RetentionFigures(
            stored.Data, new RetentionSettings { ArchiveAfter = Day, EraseAfter = Day }, TimeProvider.System, _services.GetRequiredService<IMeterFactory>());
    }

    private static TimeSpan Day => TimeSpan.FromDays(1);

    public StoredSessions Stored { get; }

    public StoredSessions.Replica Replica { get; }

    public RetentionFigures Figures { get; }

    public IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    public static async Task<OldSessions> CreateAsync(RunningVerification running) => new(await StoredSessions.CreateAsync(running));

    /// <summary>Stores a session that was verified and whose call is over; its events happened from that time on.</summary>
    public async Task<Guid> EndedAsync(DateTimeOffset began, PhoneNumber? number = null, string application = "shop")
    {
        var id = Guid.CreateVersion7();
        var asked = Usual.Requested with
        {
            ApplicationId = application,
            To = number ?? PhoneNumber.Parse(ClientExtensions.FreshNumber()),
            Reference = $"user-{id}",
        };
        var ago = began - asked.At;
        VerificationEvent[] events =
        [
            Shift(asked), Shift(Usual.Allowed), Shift(Usual.Started), Shift(Usual.Leased), Shift(Usual.Rang),
            Shift(Usual.Right with { SourceText = $"word of {id}" }), Shift(Usual.Succeeded), Shift(Usual.Ended),
        ];
        var begun = Evolver.Evolve(null, id, events[0])!;
        await Replica.Committer.CommitAsync(new SessionStep(before: null, [events[0]], begun), CancellationToken.None);
        var after = events.Skip(1).Aggregate(begun, (state, happened) => Evolver.Evolve(state, id, happened)!);
        await Replica.Committer.CommitAsync(new SessionStep(begun, [.. events.Skip(1)], after), CancellationToken.None);
        // Nothing sends here.
        await Stored.ReadAsync("delete from outbox where verification_id = $1 returning null::text", id);
        return id;

        T Shift<T>(T happened) where T : VerificationEvent => happened with { At = happened.At + ago };
    }

    /// <summary>Lets the funnel and the daemon have read the log up to a place; null: all of it.</summary>
    public async Task PassAsync(long? upTo = null)
    {
        var place = upTo?.ToString(CultureInfo.InvariantCulture) ?? "(select max(seq_id) from mt_events)";
        await Stored.ReadAsync($"update funnel_generations set seq = {place} where state = 'live' returning null::text");
        await Stored.ReadAsync(
            $"""
            insert into mt_event_progression (name, last_seq_id) values ('HighWaterMark', {place})
            on conflict (name) do update set last_seq_id = excluded.last_seq_id returning null::text
            """);
    }

    /// <summary>Moves what ended more than a day ago.</summary>
    public Task<int> ArchiveAsync() => new ArchiveOldSessions(
        Stored.Data, new RetentionSettings { ArchiveAfter = Day }, Figures, TimeProvider.System).SweepAsync(CancellationToken.None);

    /// <summary>Takes the persons out of what ended more than a day ago.</summary>
    public Task<int> ForgetAsync() => new ForgetOldSessions(
        Replica.Documents, new RetentionSettings { EraseAfter = Day }, Figures, TimeProvider.System).SweepAsync(CancellationToken.None);

    public async Task<long> CountAsync(string table) =>
        long.Parse((await Stored.ReadAsync($"select count(*)::text from {table}"))[0]!, CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        Figures.Dispose();
        await _services.DisposeAsync();
        await Stored.DisposeAsync();
    }
}
