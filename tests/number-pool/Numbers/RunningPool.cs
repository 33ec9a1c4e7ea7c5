using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FlashCall.Hosting;
using FlashCall.Testing;
using Microsoft.AspNetCore.Builder;
using Npgsql;
using Xunit;

namespace FlashCall.NumberPool.Tests.Numbers;

/// <summary>The service as it runs in production over a database of its own, and an operator's client.</summary>
public sealed class RunningPool(ServersFixture servers) : IAsyncLifetime
{
    private readonly string _prefix = $"{servers.DatabasePrefix}{Guid.NewGuid().ToString("N")[..6]}_";
    private WebApplication? _service;

    internal HttpClient Operator { get; private set; } = null!;

    internal NpgsqlDataSource Data { get; private set; } = null!;

    internal Uri Address => new(_service!.Urls.First());

    public async ValueTask InitializeAsync()
    {
        string[] arguments =
        [
            .. servers.Arguments, Testing.Operator.IdentityArgument, $"--DatabasePrefix={_prefix}",
            $"--BusPrefix={servers.BusPrefix}{_prefix}", "--Logging:LogLevel:Default=Warning",
        ];
        Assert.Equal(0, await PlatformHost.RunAsync([PlatformHost.PrepareArgument, .. arguments], NumberPoolService.Build));
        _service = NumberPoolService.Build(arguments);
        await _service.StartAsync();
        Operator = Testing.Operator.Client(Address);
        // A large import takes longer than an answer does otherwise.
        Operator.Timeout = TimeSpan.FromMinutes(5);
        Data = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(servers.Postgres) { Database = _prefix + "number_pool" });
    }

    public async ValueTask DisposeAsync()
    {
        Operator?.Dispose();
        if (Data is not null)
            await Data.DisposeAsync();
        if (_service is not null)
        {
            await _service.StopAsync();
            await _service.DisposeAsync();
        }
    }

    internal async Task ExecuteAsync(string sql)
    {
        await using var command = Data.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>What an operator is shown.</summary>
    internal Task<JsonElement> GetAsync(string path) => Operator.GetFromJsonAsync<JsonElement>(path);

    /// <summary>Posts JSON and returns the answer with its status.</summary>
    internal Task<(int Status, JsonElement Body)> PostAsync(string path, string json) =>
        SendAsync(HttpMethod.Post, path, new StringContent(json, Encoding.UTF8, "application/json"));

    /// <summary>Posts a CSV file and returns the answer with its status.</summary>
    internal Task<(int Status, JsonElement Body)> ImportAsync(string csv, string query = "") =>
        SendAsync(HttpMethod.Post, $"/v1/numbers/import{query}", new StringContent(csv, Encoding.UTF8, "text/csv"));

    internal async Task<(int Status, JsonElement Body)> SendAsync(HttpMethod method, string path, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using var response = await Operator.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>());
    }
}
