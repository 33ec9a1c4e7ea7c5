using Npgsql;

namespace FlashCall.Verification.Tests.Analytics;

/// <summary>The funnel's tables as lines of text, one for each sum that is not zero.</summary>
internal static class FunnelText
{
    private const string Sql =
        """
        with cells as (
            select to_char(hour at time zone 'UTC', 'YYYY-MM-DD HH24') || ' ' || application_id || ' ' || purpose || ' ' || country
                       || ' ' || prefix || ' ''' || trunk || ''' ' as cell, *
            from funnel_hours)
        select cell || what || ' = ' || count as line
        from cells, lateral (values ('requested', requested), ('allowed', allowed), ('leased', leased), ('dialled', dialled), ('rang', rang),
            ('answered', answered), ('reported', reported), ('verified', verified), ('billed', billed_calls), ('unpriced', unpriced_calls))
            as sums (what, count)
        where count <> 0
        union all
        select to_char(hour at time zone 'UTC', 'YYYY-MM-DD HH24') || ' ' || application_id || ' ' || purpose || ' ' || country
                   || ' ' || prefix || ' ''' || trunk || ''' ' || what || ' = ' || count
        from (
            select hour, application_id, purpose, country, prefix, trunk, 'reason ' || outcome || ' ' || reason as what, sessions as count
            from funnel_reasons
            union all
            select hour, application_id, purpose, country, prefix, trunk, step || ' ' || bucket, sessions from funnel_times
            union all
            select hour, application_id, purpose, country, prefix, trunk, 'cost ' || currency, cost_micros from funnel_costs) further
        order by 1
        """;

    public static async Task<IReadOnlyList<string>> ReadAsync(NpgsqlDataSource data)
    {
        await using var command = data.CreateCommand(Sql);
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync())
            lines.Add(reader.GetString(0));
        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    /// <summary>Forgets all, as if nothing had happened yet.</summary>
    public static async Task ClearAsync(NpgsqlDataSource data)
    {
        await using var command = data.CreateCommand(
            """
            delete from funnel_sessions_1; delete from funnel_hours_1; delete from funnel_reasons_1; delete from funnel_times_1;
            delete from funnel_costs_1; update funnel_generations set seq = 0
            """);
        await command.ExecuteNonQueryAsync();
    }
}
