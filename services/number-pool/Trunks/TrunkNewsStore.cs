using System.Text.Json;
using FlashCall.Contracts;
using Npgsql;

namespace FlashCall.NumberPool.Trunks;

/// <summary>What each replica of the dialer last said of the trunks.</summary>
internal sealed class TrunkNewsStore(NpgsqlDataSource data)
{
    /// <summary>As <c>usable_trunks</c> reads it.</summary>
    private static readonly JsonSerializerOptions Written = new(JsonSerializerDefaults.Web);

    /// <summary>Keeps the news, unless the replica said something later before.</summary>
    /// <returns>Whether they were kept.</returns>
    public async Task<bool> KeepAsync(TrunkNews news, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand("""
            insert into trunk_news as known (replica, at, trunks) values ($1, $2, $3)
            on conflict (replica) do update set at = excluded.at, trunks = excluded.trunks where known.at <= excluded.at
            """);
        command.Parameters.AddRange((NpgsqlParameter[])
            [Sql.Uuid(news.Replica), Sql.Time(news.At), Sql.Json(JsonSerializer.Serialize(news.Trunks, Written))]);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Deletes the news of replicas that have said nothing since.</summary>
    /// <returns>How many it deleted.</returns>
    public async Task<int> DeleteOldAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            "delete from trunk_news where replica in (select replica from trunk_news where at < $1 limit $2 for update skip locked)");
        command.Parameters.AddRange((NpgsqlParameter[])[Sql.Time(before), Sql.Integer(limit)]);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
