using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using FlashCall.Cli.Api;

namespace FlashCall.Cli.Export;

/// <summary>The funnel's rows over the API, a day at a time, and an hour at a time where a day has more than an answer may.</summary>
internal sealed class ApiFunnel(PlatformApi api, ExportQuery query)
{
    private bool _withTrunks = true;

    /// <summary>The rows, hour by hour.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CommandException">The API refuses, or does not answer.</exception>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> LinesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (from, to) = (query.From!.Value, query.To!.Value);
        for (var step = TimeSpan.FromDays(1); from < to;)
        {
            var until = from + step < to ? from + step : to;
            if (await AskAsync(from, until, mayBeTooMuch: step > TimeSpan.FromHours(1), cancellationToken) is not { } answer)
            {
                step = TimeSpan.FromHours(1);
                continue;
            }
            using (answer)
            {
                foreach (var row in answer.RootElement.GetProperty("rows").EnumerateArray())
                    yield return Encoding.UTF8.GetBytes(row.GetRawText());
            }
            from = until;
        }
    }

    /// <summary>Asks for a span.</summary>
    /// <returns>Null where it has too many rows for one answer.</returns>
    private async Task<JsonDocument?> AskAsync(
        DateTimeOffset from, DateTimeOffset to, bool mayBeTooMuch, CancellationToken cancellationToken)
    {
        // Whose key may not see trunks is told the rest.
        string[] expected = [.. _withTrunks ? (string[])["forbidden"] : [], .. mayBeTooMuch ? (string[])["too_many_rows"] : []];
        using var request = new HttpRequestMessage(HttpMethod.Get, query.FunnelAddress(from, to, _withTrunks));
        using var response = await api.SendAsync(request, cancellationToken, expected);
        if (response.IsSuccessStatusCode)
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            return await JsonDocument.ParseAsync(body, cancellationToken: cancellationToken);
        }
        if (response.StatusCode != HttpStatusCode.Forbidden)
            return null;
        _withTrunks = false;
        return await AskAsync(from, to, mayBeTooMuch, cancellationToken);
    }
}
