using System.Text.Json.Serialization;
using FlashCall.Funnel;
using FlashCall.Hosting;
using FlashCall.Verification.Analytics.Funnel;
using FlashCall.Verification.Channels.FlashCalls;
using FlashCall.Verification.Sessions;
using JasperFx;
using JasperFx.Events;
using JasperFx.Events.Daemon;
using JasperFx.Events.Projections;
using Marten;
using Marten.Events.Aggregation;
using Marten.Services;
using Npgsql;
using Weasel.Core;

namespace FlashCall.Verification.Storage;

/// <summary>The event streams of the sessions in Marten: which events there are, under which names, and how they fold.</summary>
internal static class EventStore
{
    /// <summary>Every stored event with its name in the store. A name is a contract with the past: it never changes, and none
    /// goes.</summary>
    public static readonly IReadOnlyDictionary<Type, string> EventNames = new Dictionary<Type, string>
    {
        [typeof(SessionEvent.VerificationRequested)] = "verification_requested",
        [typeof(SessionEvent.RiskAssessed)] = "risk_assessed",
        [typeof(SessionEvent.RiskUnavailable)] = "risk_unavailable",
        [typeof(SessionEvent.AttemptStarted)] = "attempt_started",
        [typeof(SessionEvent.AttemptFailed)] = "attempt_failed",
        [typeof(SessionEvent.ReportReceived)] = "report_received",
        [typeof(SessionEvent.ClientTelemetry)] = "client_telemetry",
        [typeof(SessionEvent.VerificationSucceeded)] = "verification_succeeded",
        [typeof(SessionEvent.VerificationDenied)] = "verification_denied",
        [typeof(SessionEvent.VerificationFailed)] = "verification_failed",
        [typeof(SessionEvent.VerificationExpired)] = "verification_expired",
        [typeof(SessionEvent.VerificationCancelled)] = "verification_cancelled",
        [typeof(SessionEvent.VerificationSuperseded)] = "verification_superseded",
        [typeof(SessionEvent.VerificationErrored)] = "verification_errored",
        [typeof(FlashCallEvent.CallerIdLeased)] = "caller_id_leased",
        [typeof(FlashCallEvent.CallerIdRefused)] = "caller_id_refused",
        [typeof(FlashCallEvent.CallNotPlaced)] = "call_not_placed",
        [typeof(FlashCallEvent.CallRang)] = "call_rang",
        [typeof(FlashCallEvent.CallEnded)] = "call_ended",
        [typeof(FlashCallEvent.CallerIdWithheld)] = "caller_id_withheld",
        [typeof(FlashCallEvent.NewsOverdue)] = "news_overdue",
    };

    public static void AddEventStore(this WebApplicationBuilder builder)
    {
        builder.Services.AddMarten(services =>
        {
            var options = new StoreOptions();
            options.Connection(services.GetRequiredService<NpgsqlDataSource>());
            Configure(options, services.GetRequiredService<TimeProvider>());
            options.FeedFunnel(services.GetRequiredService<LiveFunnel>());
            return options;
        }).AddAsyncDaemon(DaemonMode.HotCold);
        builder.Services.AddSingleton<IPreparation, EventSchema>();
    }

    /// <summary>How sessions are stored; the tests of stored events use the same.</summary>
    internal static void Configure(StoreOptions options, TimeProvider time)
    {
        // The schema changes in the preparation step alone, never from replicas that race each other.
        options.AutoCreateSchemaObjects = AutoCreate.None;
        options.DisableNpgsqlLogging = true;
        options.Logger(new SilentMarten());
        options.UseSystemTextJsonForSerialization(EnumStorage.AsString, Casing.CamelCase, json =>
        {
            json.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
            json.Converters.Add(new JsonStringEnumConverter());
        });

        options.Events.StreamIdentity = StreamIdentity.AsGuid;
        options.Events.TimeProvider = time;
        options.Events.UseMandatoryStreamTypeDeclaration = true;
        options.Events.UseAdvisoryLockTransaction = true;
        // An analyst finds the trace of each event, and the message or request that caused it.
        options.Events.MetadataConfig.CorrelationIdEnabled = true;
        options.Events.MetadataConfig.CausationIdEnabled = true;
        foreach (var (type, name) in EventNames)
            options.Events.MapEventType(type, name);
        // The service's own: Marten would make it under a lock, or drop it.
        options.Events.IgnoreIndex(EventSchema.TimeIndex);

        options.Projections.Add(new SessionFold(), ProjectionLifecycle.Live);
        options.Projections.Errors.SkipApplyErrors = false;
        options.Projections.Errors.SkipSerializationErrors = false;
        options.Projections.Errors.SkipUnknownEvents = false;
    }
}

/// <summary>
/// Marten would log a failed statement with its parameters, and with them phone numbers and caller IDs. What fails is thrown, and logged
/// by whoever handles it, without them.
/// </summary>
internal sealed class SilentMarten : IMartenLogger, IMartenSessionLogger
{
    public IMartenSessionLogger StartSession(IQuerySession session) => this;

    public void SchemaChange(string sql)
    {
    }

    public void LogSuccess(NpgsqlCommand command)
    {
    }

    public void LogFailure(NpgsqlCommand command, Exception ex)
    {
    }

    public void LogSuccess(NpgsqlBatch batch)
    {
    }

    public void LogFailure(NpgsqlBatch batch, Exception ex)
    {
    }

    public void LogFailure(Exception ex, string message)
    {
    }

    public void RecordSavedChanges(IDocumentSession session, IChangeSet commit)
    {
    }

    public void OnBeforeExecute(NpgsqlCommand command)
    {
    }

    public void OnBeforeExecute(NpgsqlBatch batch)
    {
    }
}

/// <summary>Lets Marten fold a stream with <see cref="Evolver"/>.</summary>
internal sealed partial class SessionFold : SingleStreamProjection<VerificationSession, Guid>
{
    public override VerificationSession? Evolve(VerificationSession? snapshot, Guid id, IEvent e) =>
        Evolver.Evolve(snapshot, id, (VerificationEvent)e.Data);
}
