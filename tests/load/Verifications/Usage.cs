namespace FlashCall.Load.Verifications;

/// <summary>What everything had used by a moment.</summary>
/// <param name="At">When.</param>
/// <param name="Cpu">CPU time by program; the replicas of a service together.</param>
/// <param name="Machine">CPU time of the whole machine.</param>
/// <param name="Databases">What PostgreSQL counted by database.</param>
/// <param name="LogBytes">Bytes in PostgreSQL's log (WAL).</param>
/// <param name="Writes">Transactions that wrote, in all databases.</param>
/// <param name="Datagrams">SIP messages that the handset sent and received.</param>
internal sealed record Usage(
    TimeSpan At, IReadOnlyDictionary<string, TimeSpan> Cpu, TimeSpan Machine, IReadOnlyDictionary<string, DatabaseUse> Databases,
    long LogBytes, long Writes, long Datagrams)
{
    /// <summary>What was used since an earlier moment.</summary>
    public Difference Since(Usage before) => new(
        At - before.At,
        Cpu.ToDictionary(now => now.Key, now => now.Value - before.Cpu[now.Key], StringComparer.Ordinal),
        Machine - before.Machine,
        Databases.ToDictionary(now => now.Key, now => now.Value - before.Databases[now.Key], StringComparer.Ordinal),
        LogBytes - before.LogBytes, Writes - before.Writes, Datagrams - before.Datagrams);

    /// <summary>What was used in a time; the parts as in <see cref="Usage"/>.</summary>
    internal sealed record Difference(
        TimeSpan Took, IReadOnlyDictionary<string, TimeSpan> Cpu, TimeSpan Machine, IReadOnlyDictionary<string, DatabaseUse> Databases,
        long LogBytes, long Writes, long Datagrams)
    {
        /// <summary>How many cores everything together kept busy.</summary>
        public double Cores => Cpu.Values.Sum(time => time.TotalSeconds) / Took.TotalSeconds;

        /// <summary>How many cores others kept busy: what disturbs the measurement.</summary>
        public double OthersCores => Math.Max(0, (Machine.TotalSeconds / Took.TotalSeconds) - Cores);

        /// <summary>Rows written in all databases.</summary>
        public long Rows => Databases.Values.Sum(database => database.Rows);

        /// <summary>Transactions in all databases, those that only read included.</summary>
        public long Commits => Databases.Values.Sum(database => database.Commits);
    }
}

/// <summary>What PostgreSQL counted of one database.</summary>
/// <param name="Commits">Transactions; a statement on its own is one.</param>
/// <param name="Inserted">Rows.</param>
/// <param name="Updated">Rows.</param>
/// <param name="Deleted">Rows.</param>
internal sealed record DatabaseUse(long Commits, long Inserted, long Updated, long Deleted)
{
    /// <summary>Rows written in any way.</summary>
    public long Rows => Inserted + Updated + Deleted;

    public static DatabaseUse operator -(DatabaseUse now, DatabaseUse before) => new(
        now.Commits - before.Commits, now.Inserted - before.Inserted, now.Updated - before.Updated, now.Deleted - before.Deleted);
}
