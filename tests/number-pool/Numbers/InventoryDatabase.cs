using FlashCall.Hosting;
using FlashCall.NumberPool.Numbers;
using FlashCall.Testing;
using Npgsql;
using Xunit;

namespace FlashCall.NumberPool.Tests.Numbers;

/// <summary>A database of the pool for one test class, prepared as the service prepares it.</summary>
public sealed class InventoryDatabase(ServersFixture servers) : IAsyncLifetime
{
    private readonly string _prefix = $"{servers.DatabasePrefix}{Guid.NewGuid().ToString("N")[..6]}_";

    internal NpgsqlDataSource Data { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Assert.Equal(0, await PlatformHost.RunAsync(
            [PlatformHost.PrepareArgument, .. servers.Arguments, Operator.IdentityArgument, $"--DatabasePrefix={_prefix}"],
            NumberPoolService.Build));
        // As the service connects: its prepared statements outlive the tables of a transaction.
        var connection = new NpgsqlConnectionStringBuilder(servers.Postgres)
        {
            Database = _prefix + "number_pool",
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
        };
        Data = NpgsqlDataSource.Create(connection);
    }

    public ValueTask DisposeAsync() => Data.DisposeAsync();

    /// <summary>An empty pool.</summary>
    internal Task ClearAsync() => ExecuteAsync("truncate runs, slots, cells, history");

    internal async Task ExecuteAsync(string sql)
    {
        await using var command = Data.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    internal async Task<List<T>> ReadAsync<T>(string sql, Func<NpgsqlDataReader, T> read)
    {
        await using var command = Data.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
            rows.Add(read(reader));
        return rows;
    }

    internal Task<List<Run>> RunsAsync() => ReadAsync($"select {RunRows.Columns} from runs order by first", RunRows.Read);

    /// <summary>What is a line of its own, of the trunk, in its country.</summary>
    internal static IEnumerable<NewNumbers> Lines(string trunk, params string[] spans) => spans.Select((text, index) =>
    {
        Assert.True(NumberSpan.TryParse(text, out var span, out var problem), problem);
        Assert.True(NumberingPlan.TryFindCountry(span, given: null, out var country, out _));
        return new NewNumbers(index, span, trunk, country, Tags: []);
    });

    internal static NumberSpan Span(string text) =>
        NumberSpan.TryParse(text, out var span, out var problem) ? span : throw new FormatException(problem);
}
