using System.Globalization;
using System.Runtime.CompilerServices;
using Npgsql;

namespace FlashCall.EventLog;

/// <summary>
/// Reads the log of all events in bulk: by binary COPY, in order, each event once, in constant memory. What is read is settled: no event
/// comes in below it any more, so whoever keeps the last page's <see cref="EventPage.Through"/> goes on from there without gap or repeat.
/// </summary>
/// <param name="data">The database of the verification service, its primary. Whoever reads takes one connection of it.</param>
/// <param name="time">The clock that waiting goes by.</param>
public sealed class EventReader(NpgsqlDataSource data, TimeProvider time) : IDisposable
{
    /// <summary>How many numbers of the log one statement covers: few enough that it is over soon, and that a page is some megabytes.</summary>
    private const long Stretch = 4096;

    private readonly LogWatch _watch = new(time);

    /// <summary>How long reading waits for appends that were under way when it began.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a follower looks for more.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How far the log is settled.</summary>
    /// <param name="cancellationToken">Nobody waits any longer.</param>
    /// <returns>The highest sequence below which nothing will change; 0 for an empty log.</returns>
    /// <exception cref="NpgsqlException">PostgreSQL does not answer, or the role may not read.</exception>
    public async Task<long> SettledAsync(CancellationToken cancellationToken = default)
    {
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        return await _watch.SettledAsync(connection, Patience, cancellationToken);
    }

    /// <summary>Reads what is settled by now.</summary>
    /// <param name="filter">Which events.</param>
    /// <param name="after">The sequence to go on from; 0 for the beginning.</param>
    /// <param name="through">The last sequence that is wanted; null for all that is settled.</param>
    /// <param name="cancellationToken">Ends the reading, and what PostgreSQL does for it.</param>
    /// <returns>Pages without gaps between them. A page is good until the next one is asked for.</returns>
    /// <exception cref="NpgsqlException">PostgreSQL does not answer, or the role may not read.</exception>
    public async IAsyncEnumerable<EventPage> ReadAsync(
        EventFilter filter, long after = 0, long? through = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var selection = new Selection(filter);
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        var settled = await _watch.SettledAsync(connection, Patience, cancellationToken);
        await selection.PrepareAsync(connection, cancellationToken);
        var last = Math.Min(settled, through ?? settled);
        if (after >= last)
            yield break;
        // Below what is settled nothing changes any more, so what is outside of these has no event of the span.
        var (begin, end) = await SpanAsync(connection, filter, after, last, cancellationToken);
        if (begin > after)
            yield return new EventPage().Empty(after, begin);
        await foreach (var page in PagesAsync(connection, selection, begin, end, cancellationToken))
            yield return page;
        if (end < last)
            yield return new EventPage().Empty(end, last);
    }

    /// <summary>Reads what is settled, and goes on with what comes, until it is cancelled.</summary>
    /// <param name="filter">Which events.</param>
    /// <param name="after">The sequence to go on from; 0 for the beginning.</param>
    /// <param name="cancellationToken">Ends the reading, and what PostgreSQL does for it.</param>
    /// <returns>Pages without gaps between them, and at each <see cref="Poll"/> that finds nothing new an empty one. A page is good until
    /// the next one is asked for.</returns>
    /// <exception cref="NpgsqlException">PostgreSQL does not answer, or the role may not read.</exception>
    public async IAsyncEnumerable<EventPage> FollowAsync(
        EventFilter filter, long after = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var selection = new Selection(filter);
        var nothing = new EventPage();
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        await selection.PrepareAsync(connection, cancellationToken);
        while (true)
        {
            var settled = await _watch.SettledAsync(connection, Poll, cancellationToken);
            await foreach (var page in PagesAsync(connection, selection, after, settled, cancellationToken))
            {
                yield return page;
                after = page.Through;
            }
            yield return nothing.Empty(after, after);
            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _watch.Dispose();

    /// <summary>Where the events of the filter's span of time are: after the first number, up to the second. The indexes go by
    /// time.</summary>
    private static async Task<(long Begin, long End)> SpanAsync(
        NpgsqlConnection connection, EventFilter filter, long after, long last, CancellationToken cancellationToken)
    {
        if (filter is { From: null, To: null })
            return (after, last);
        await using var find = new NpgsqlCommand { Connection = connection };
        var span = string.Concat(Condition(">=", filter.From), Condition("<", filter.To));
        // Asked for the lowest number alone, PostgreSQL would go through the log from its beginning until one fits.
        find.CommandText =
            $"""
            select min(first), max(last), sum(events) from (
                select min(seq_id) as first, max(seq_id) as last, count(*) as events from mt_events where true{span}
                union all
                select min(seq_id), max(seq_id), count(*) from archived_events where true{span}) part
            """;
        await using var row = await find.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        if (await row.IsDBNullAsync(0, cancellationToken))
            return (last, last);
        var begin = Math.Clamp(row.GetInt64(0) - 1, after, last);
        return (begin, Math.Clamp(row.GetInt64(1), begin, last));

        string Condition(string comparison, DateTimeOffset? time)
        {
            if (time is null)
                return "";
            find.Parameters.Add(new() { Value = time.Value.ToUniversalTime() });
            return string.Create(CultureInfo.InvariantCulture, $" and timestamp {comparison} ${find.Parameters.Count}");
        }
    }

    /// <summary>Fetches each page while the one before it is worked on.</summary>
    private static async IAsyncEnumerable<EventPage> PagesAsync(
        NpgsqlConnection connection, Selection selection, long after, long last,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (after >= last)
            yield break;
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var (page, other) = (new EventPage(), new EventPage());
        var fetch = FetchAsync(connection, selection, page, after, last, abandoned.Token);
        try
        {
            while (fetch is not null)
            {
                await fetch;
                fetch = page.Through < last ? FetchAsync(connection, selection, other, page.Through, last, abandoned.Token) : null;
                yield return page;
                (page, other) = (other, page);
            }
        }
        finally
        {
            if (fetch is not null)
            {
                await abandoned.CancelAsync();
                await fetch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static async Task FetchAsync(
        NpgsqlConnection connection, Selection selection, EventPage page, long after, long last, CancellationToken cancellationToken)
    {
        var through = Math.Min(after + Stretch, last);
        await using var copy = await connection.BeginRawBinaryCopyAsync(selection.Sql(after, through), cancellationToken);
        await page.FillAsync(copy, after, through, selection.Fits, cancellationToken);
    }
}
