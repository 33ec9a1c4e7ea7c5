using FlashCall.Fraud.Counting;
using Npgsql;

namespace FlashCall.Fraud.Storage;

/// <summary>What stands against a subject or for it: blocks and entries of the lists.</summary>
internal static class StandingTable
{
    // One result of two kinds of rows, so that reading both is one statement: entries have no level.
    private const string Read = """
        with asked as (select * from unnest($1::smallint[], $2::text[]) as asked (kind, subject))
        select blocks.kind, blocks.subject, reason, raised_at, until, level, null::smallint, null::text
        from blocks join asked using (kind, subject)
        union all
        select entries.kind, entries.subject, null, null, expires_at, null, list, application_id
        from list_entries as entries join asked using (kind, subject)
        where application_id is null or application_id = any($3)
        """;

    // One that stands is left alone: of two requests that both find the same anomaly, the first raises the block.
    private const string Raise = """
        with raised as (
            insert into blocks as b (kind, subject, id, reason, raised_at, until, level, policy_version, raised_by, note)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            on conflict (kind, subject) do update set
                id = excluded.id, reason = excluded.reason, raised_at = excluded.raised_at, until = excluded.until, level = excluded.level,
                policy_version = excluded.policy_version, raised_by = excluded.raised_by, note = excluded.note, lifted_by = null,
                lift_reason = null
            where b.until <= excluded.raised_at
            returning id)
        insert into block_news (block_id, what, due_at, event)
        select id, 1::smallint, $5, $11 from raised union all select id, 2::smallint, $6, $12 from raised
        """;

    /// <summary>The statement that reads what stands.</summary>
    /// <param name="subjects">Of these subjects.</param>
    /// <param name="applications">Whose own entries are wanted beside those for all.</param>
    public static NpgsqlBatchCommand Reading(IReadOnlyCollection<Subject> subjects, IEnumerable<string> applications) => new(Read)
    {
        Parameters =
        {
            Parameters.Smalls(subjects.Select(subject => (int)subject.Kind)), Parameters.Texts(subjects.Select(subject => subject.Key)),
            Parameters.Texts(applications),
        },
    };

    /// <summary>Takes the result of <see cref="Reading"/>.</summary>
    public static async Task ReadAsync(NpgsqlDataReader reader, KnownHistory history, CancellationToken cancellationToken)
    {
        while (await reader.ReadAsync(cancellationToken))
        {
            var subject = new Subject((SubjectKind)reader.GetInt16(0), reader.GetString(1));
            if (reader.IsDBNull(6))
            {
                history.Take(new TimedBlock(subject, reader.GetString(2), reader.GetFieldValue<DateTimeOffset>(3),
                    reader.GetFieldValue<DateTimeOffset>(4), reader.GetInt32(5)));
            }
            else
            {
                history.Take(
                    new ListEntry(
                        (ListKind)reader.GetInt16(6), subject, reader.IsDBNull(4) ? null : reader.GetFieldValue<DateTimeOffset>(4)),
                    reader.IsDBNull(7) ? null : reader.GetString(7));
            }
        }
    }

    /// <summary>The statement that raises a block, with the news of it that has to go out.</summary>
    /// <param name="raised">The block.</param>
    /// <returns>Rows changed: 0 where a block of the subject stands already.</returns>
    public static NpgsqlBatchCommand Raising(RaisedBlock raised) => new(Raise)
    {
        Parameters =
        {
            Parameters.Small((int)raised.Block.Subject.Kind), Parameters.Text(raised.Block.Subject.Key), Parameters.Uuid(raised.Id),
            Parameters.Text(raised.Block.Reason), Parameters.Time(raised.Block.RaisedAt), Parameters.Time(raised.Block.Until),
            Parameters.Integer(raised.Block.Level), Parameters.Text(raised.PolicyVersion), Parameters.Text(raised.By),
            Parameters.Text(raised.Note), Parameters.Json(raised.ToEvent()),
            Parameters.Json(raised.ToLifted(raised.Block.Until, by: null)),
        },
    };
}
