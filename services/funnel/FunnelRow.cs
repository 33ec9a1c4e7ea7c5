using Npgsql;

namespace FlashCall.Funnel;

/// <summary>A session's facts as a row of <c>funnel_sessions</c>.</summary>
internal static class FunnelRow
{
    /// <summary>The columns, the key first.</summary>
    public static readonly string[] Columns =
    [
        "verification_id", "requested_at", "application_id", "purpose", "country", "prefix", "trunk", "allowed", "leased", "dialled", "rang",
        "answered", "reported", "verified", "outcome", "reason", "ended_at", "ring_ms", "verify_ms", "billed_calls", "unpriced_calls",
        "cost_micros", "currency",
    ];

    /// <summary>Their types.</summary>
    public static readonly string[] Types =
    [
        "uuid", "timestamptz", "text", "text", "text", "text", "text", "boolean", "boolean", "boolean", "boolean", "boolean", "boolean",
        "boolean", "text", "text", "timestamptz", "integer", "integer", "integer", "integer", "bigint", "text",
    ];

    /// <summary>Reads a row of all columns.</summary>
    public static FunnelFacts Read(NpgsqlDataReader row) => new()
    {
        VerificationId = row.GetGuid(0),
        RequestedAt = row.GetFieldValue<DateTimeOffset>(1),
        ApplicationId = row.GetString(2),
        Purpose = row.GetString(3),
        Country = row.GetString(4),
        Prefix = row.GetString(5),
        Trunk = row.GetString(6),
        Allowed = row.GetBoolean(7),
        Leased = row.GetBoolean(8),
        Dialled = row.GetBoolean(9),
        Rang = row.GetBoolean(10),
        Answered = row.GetBoolean(11),
        Reported = row.GetBoolean(12),
        Verified = row.GetBoolean(13),
        Outcome = row.IsDBNull(14) ? null : row.GetString(14),
        Reason = row.IsDBNull(15) ? null : row.GetString(15),
        EndedAt = row.GetFieldValue<DateTimeOffset?>(16),
        RingMs = row.GetFieldValue<int?>(17),
        VerifyMs = row.GetFieldValue<int?>(18),
        BilledCalls = row.GetInt32(19),
        UnpricedCalls = row.GetInt32(20),
        CostMicros = row.GetInt64(21),
        Currency = row.GetString(22),
    };

    /// <summary>The columns of several rows.</summary>
    public static object[] Write(List<FunnelFacts> all) =>
    [
        Column(all, static facts => facts.VerificationId), Column(all, static facts => facts.RequestedAt),
        Column(all, static facts => facts.ApplicationId), Column(all, static facts => facts.Purpose),
        Column(all, static facts => facts.Country), Column(all, static facts => facts.Prefix), Column(all, static facts => facts.Trunk),
        Column(all, static facts => facts.Allowed), Column(all, static facts => facts.Leased), Column(all, static facts => facts.Dialled),
        Column(all, static facts => facts.Rang), Column(all, static facts => facts.Answered), Column(all, static facts => facts.Reported),
        Column(all, static facts => facts.Verified), Column(all, static facts => facts.Outcome), Column(all, static facts => facts.Reason),
        Column(all, static facts => facts.EndedAt), Column(all, static facts => facts.RingMs), Column(all, static facts => facts.VerifyMs),
        Column(all, static facts => facts.BilledCalls), Column(all, static facts => facts.UnpricedCalls),
        Column(all, static facts => facts.CostMicros), Column(all, static facts => facts.Currency),
    ];

    private static T[] Column<T>(List<FunnelFacts> all, Func<FunnelFacts, T> of)
    {
        var values = new T[all.Count];
        for (var index = 0; index < values.Length; index++)
            values[index] = of(all[index]);
        return values;
    }
}
