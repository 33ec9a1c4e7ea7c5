using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Verification.Results;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Subjects;
using FlashCall.Verification.Tests.Subjects;
using FlashCall.Verification.Tests.Support;
using FlashCall.Verification.Verifications;
using Npgsql;
using Xunit;

namespace FlashCall.Verification.Tests.Stored;

/// <summary>
/// Whole streams as earlier versions decided and wrote them, one file a version: made once by running that version, and never changed. This
/// version loads them, folds each to the end that it had then, and does with them all that it does with its own. So far fields were
/// only added, and no event had to be rewritten on the way in.
/// </summary>
public sealed class EarlierVersionsTests(RunningVerification running)
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Stored", "versions");

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static TheoryData<string> Versions => [.. Directory.GetFiles(Folder, "*.json").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Every_stream_comes_to_the_end_that_it_had_then_and_shows_it_everywhere(string file)
    {
        var streams = Read(file);
        await using var stored = await UpgradedAsync(streams);
        var sessions = stored.Start().Sessions;
        var rows = new VerificationRows(stored.Data);
        var listed = await rows.ListAsync("shop", new VerificationSearch(), 100, CancellationToken.None);
        Assert.Equal(streams.Count, listed.Count);

        foreach (var stream in streams)
        {
            var history = (await sessions.ReadAsync(stream.Id, CancellationToken.None))!;
            Assert.Equal((stream.Status, stream.Events.Count), (SessionStatus.Of(history.State), history.Events.Count));
            Assert.Equal(stream.Status, listed.Single(row => row.Id == stream.Id).Status);
            Assert.Equal(stream.Number, listed.Single(row => row.Id == stream.Id).To);
            // What it was read as says no less than what was written.
            foreach (var (written, read) in stream.Events.Zip(history.Events))
                AssertKept(written.Data, JsonSerializer.SerializeToElement(read, read.GetType(), Json), $"{stream.What}: {written.Type}");
            var view = VerificationView.Of(history);
            Assert.Equal((stream.Number, stream.Status), (view.To.E164, view.Status));
            Assert.True(view.Timeline!.Count >= 2, $"{stream.What}: {view.Timeline.Count} steps");
            Assert.NotEmpty(SessionSteps.Of(history));
            Assert.Equal(history.Events.Count, history.States().Count());
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_session_that_an_earlier_version_began_goes_on(string file)
    {
        var streams = Read(file);
        await using var stored = await UpgradedAsync(streams);
        var waits = streams.Single(stream => stream.Status == "awaiting_report");

        var outcome = await stored.Start().Sessions.HandleAsync(
            waits.Id, "shop", new SessionCommand.Cancel { Now = DateTimeOffset.UtcNow }, CancellationToken.None);

        Assert.Equal("cancelled", SessionStatus.Of(outcome!.State));
        Assert.Equal(["cancelled"], await stored.ReadAsync("select status from verifications where id = $1", waits.Id));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Persons_of_earlier_versions_are_forgotten_too(string file)
    {
        var streams = Read(file).Where(stream => stream.Status != "awaiting_report").ToList();
        await using var stored = await UpgradedAsync(streams);
        var replica = stored.Start();
        var erasures = new ErasureStore(stored.Data, new SubjectHash(new ResultSettings { SecretsKey = new byte[32] }));
        var eraser = new SessionEraser(stored.Data, replica.Documents, replica.Sessions, replica.Watch, TimeProvider.System);
        foreach (var stream in streams)
        {
            var now = DateTimeOffset.UtcNow;
            await erasures.BeginAsync(PhoneNumber.Parse(stream.Number), "privacy", now, CancellationToken.None);
            var claimed = (await erasures.ClaimAsync(now.AddSeconds(1), now.AddHours(1), CancellationToken.None))!;
            Assert.Equal((1, 0), await eraser.EraseAsync(claimed, CancellationToken.None));

            Assert.Equal([stream.Number], await stored.Data.WithoutErasureAsync(stream.Number[1..]));
            Assert.Equal(stream.Status, SessionStatus.Of((await replica.Sessions.ReadAsync(stream.Id, CancellationToken.None))!.State));
            await stored.ReadAsync("delete from erasure_parts returning null::text");
            await stored.ReadAsync("update erasures set number = null, due_at = null, completed_at = now() returning null::text");
        }
    }

    /// <summary>A database as that version left it, brought up to this one's schema.</summary>
    private async Task<StoredSessions> UpgradedAsync(IReadOnlyList<StoredStream> streams)
    {
        var stored = await StoredSessions.CreateAsync(running);
        await MigrationTests.BackToTheFirstSchemaAsync(stored.Data);
        foreach (var stream in streams)
        {
            await ExecuteAsync(
                stored.Data,
                "insert into mt_streams (id, type, version, timestamp, created, tenant_id) values ($1, 'verification_session', $2, now(), now(), '*DEFAULT*')",
                stream.Id, (long)stream.Events.Count);
            for (var i = 0; i < stream.Events.Count; i++)
            {
                await ExecuteAsync(
                    stored.Data,
                    """
                    insert into mt_events (seq_id, id, stream_id, version, data, type, timestamp, tenant_id, mt_dotnet_type)
                    values (nextval('mt_events_sequence'), $1, $2, $3, $4::jsonb, $5, now(), '*DEFAULT*', $6)
                    """,
                    Guid.CreateVersion7(), stream.Id, (long)(i + 1), stream.Events[i].Data.GetRawText(), stream.Events[i].Type,
                    // Where the code has them now; the name in 'type' is what they are found by.
                    "FlashCall.Verification.Moved.Elsewhere, FlashCall.Verification");
            }
        }
        await MigrationTests.ExecuteAsync(stored.Data, MigrationTests.Script("0002-verifications.sql"));
        await MigrationTests.ExecuteAsync(stored.Data, MigrationTests.Script("0009-archived-sessions.sql"));
        return stored;
    }

    private static List<StoredStream> Read(string file)
    {
        using var stream = File.OpenRead(Path.Combine(Folder, file));
        var streams = JsonSerializer.Deserialize<VersionFile>(stream, Json)!.Streams;
        Assert.True(streams.Count >= 10, $"{file} has {streams.Count} streams.");
        return [.. streams.Select(one => one with { Id = Guid.CreateVersion7() })];
    }

    private static void AssertKept(JsonElement written, JsonElement read, string where)
    {
        if (written.ValueKind != JsonValueKind.Object)
            return;
        foreach (var field in written.EnumerateObject())
        {
            Assert.True(read.TryGetProperty(field.Name, out var kept), $"{where} has lost {field.Name}.");
            AssertKept(field.Value, kept, $"{where}.{field.Name}");
        }
    }

    private static async Task ExecuteAsync(NpgsqlDataSource data, string sql, params object[] parameters)
    {
        await using var command = data.CreateCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(new() { Value = parameter });
        await command.ExecuteNonQueryAsync();
    }

    private sealed record VersionFile(string Version, List<StoredStream> Streams);

    private sealed record StoredStream(Guid Id, string What, string Status, List<StoredEvent> Events)
    {
        public string Number => Events[0].Data.GetProperty("to").GetString()!;
    }

    private sealed record StoredEvent(string Type, JsonElement Data);
}
