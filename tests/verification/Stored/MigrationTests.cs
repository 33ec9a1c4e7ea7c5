using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Tests.Sessions;
using FlashCall.Verification.Tests.Support;
using Marten;
using Npgsql;
using Xunit;

namespace FlashCall.Verification.Tests.Stored;

/// <summary>The table of sessions is made from the streams of an installation that had none.</summary>
public sealed class MigrationTests(RunningVerification running)
{
    private static readonly Guid Other = Guid.CreateVersion7();

    private static readonly Dictionary<string, Spec> Streams = new(StringComparer.Ordinal)
    {
        ["pending"] = Usual.Calling,
        ["ringing"] = Usual.Ringing,
        ["awaiting_report"] = Usual.AwaitingReport,
        ["second attempt"] = Usual.AwaitingReport.And(
            Usual.Withheld, new SessionEvent.AttemptFailed { At = Usual.At(1100), AttemptId = Spec.First, Reason = "caller_id_withheld" },
            Usual.Started with { AttemptId = Spec.Second, Position = 1 }),
        ["verified"] = Usual.Ringing.And(Usual.Right, Usual.Succeeded, Usual.Ended),
        ["denied"] = Usual.AwaitingRisk.And(new SessionEvent.VerificationDenied { At = Usual.At(9), Reason = "line_type", Detail = "No." }),
        ["failed"] = Usual.Ringing.And(new SessionEvent.VerificationFailed { At = Usual.At(9), Reason = "callee_busy" }),
        ["expired"] = Usual.Ringing.And(new SessionEvent.VerificationExpired { At = Usual.At(9) }),
        ["cancelled"] = Usual.Ringing.And(Usual.Cancelled),
        ["superseded"] = Usual.Ringing.And(new SessionEvent.VerificationSuperseded { At = Usual.At(9), By = Other }),
        ["error"] = Usual.AwaitingRisk.And(new SessionEvent.VerificationErrored { At = Usual.At(9), Reason = "risk_unavailable" }),
    };

    [Fact]
    public async Task Every_session_has_the_row_that_its_stream_says_and_the_live_ones_stay_live()
    {
        var name = $"{running.DatabasePrefix}m{Guid.NewGuid():N}_";
        string[] arguments = [.. running.Arguments, $"--DatabasePrefix={name}"];
        Assert.Equal(0, await PlatformHost.RunAsync([PlatformHost.PrepareArgument, .. arguments], VerificationService.Build));
        await using var data = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(running.Postgres) { Database = $"{name}verification", Pooling = false }.ConnectionString);
        await BackToTheFirstSchemaAsync(data);
        var sessions = await StoreStreamsAsync(data);
        await ExecuteAsync(data, Script("0002-verifications.sql"));

        foreach (var (id, state) in sessions)
            Assert.Equal(RowOf(state), await ReadAsync(data, id));
        await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(data,
            "insert into verifications (id, application_id, callee, purpose, status, created_at) select gen_random_uuid(), application_id, callee, purpose, status, created_at "
            + "from verifications where ended_at is null limit 1"));
    }

    internal static async Task BackToTheFirstSchemaAsync(NpgsqlDataSource data)
    {
        await ExecuteAsync(data, "drop table verifications, idempotency_keys, outbox, deadlines");
        await ExecuteAsync(data, Script("0001-outbox-and-deadlines.sql"));
    }

    private static async Task<Dictionary<Guid, VerificationSession>> StoreStreamsAsync(NpgsqlDataSource data)
    {
        await using var store = DocumentStore.For(options =>
        {
            options.Connection(data);
            EventStore.Configure(options, TimeProvider.System);
        });
        await using var session = store.LightweightSession();
        var sessions = new Dictionary<Guid, VerificationSession>();
        foreach (var stream in Streams.Values)
        {
            var id = Guid.CreateVersion7();
            var asked = Usual.Requested with
            {
                To = PhoneNumber.Parse(ClientExtensions.FreshNumber()),
                Purpose = Purpose.LeadValidation,
                Reference = sessions.Count % 2 == 0 ? "user-1" : null,
                Policy = Usual.RequestedWithTwoAttempts.Policy,
            };
            VerificationEvent[] events = [asked, .. stream.Events.Skip(1)];
            session.Events.StartStream<VerificationSession>(id, events);
            sessions[id] = events.Aggregate((VerificationSession?)null, (state, happened) => Evolver.Evolve(state, id, happened))!;
        }
        await session.SaveChangesAsync();
        return sessions;
    }

    private static string RowOf(VerificationSession state) => string.Join(' ',
        state.Asked.ApplicationId, state.Asked.To.E164, state.Asked.Reference ?? "-", "lead_validation", SessionStatus.Of(state),
        state.Asked.At.ToString("O"), (state as VerificationSession.Ended)?.At.ToString("O") ?? "-");

    private static async Task<string> ReadAsync(NpgsqlDataSource data, Guid id)
    {
        await using var command = data.CreateCommand(
            "select application_id, callee, reference, purpose, status, created_at, ended_at from verifications where id = $1");
        command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        return string.Join(' ', Enumerable.Range(0, reader.FieldCount).Select(column => reader.IsDBNull(column)
            ? "-"
            : column < 5 ? reader.GetString(column) : reader.GetFieldValue<DateTimeOffset>(column).ToString("O")));
    }

    internal static string Script(string name)
    {
        var assembly = typeof(VerificationService).Assembly;
        using var reader = new StreamReader(assembly.GetManifestResourceStream(
            assembly.GetManifestResourceNames().Single(resource => resource.EndsWith(name, StringComparison.Ordinal)))!);
        return reader.ReadToEnd();
    }

    internal static async Task ExecuteAsync(NpgsqlDataSource data, string sql)
    {
        await using var command = data.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
