using System.Text.Json;

namespace FlashCall.Cli.Export;

/// <summary>
/// A row for each session that was requested within the span, in the order of the requests. A session takes at most ten minutes, and its
/// call some more; so a row is whole a quarter of an hour later, and never more than the sessions of so long are kept in memory.
/// </summary>
/// <param name="to">Sessions that were requested then or later are left out; null for none.</param>
internal sealed class SessionTable(DateTimeOffset? to) : ExportTable
{
    /// <summary>How long events of a session come.</summary>
    public static readonly TimeSpan Lasts = TimeSpan.FromMinutes(15);

    private readonly Dictionary<string, Session> _open = new(StringComparer.Ordinal);
    private readonly Queue<Session> _inOrder = new();

    public override IReadOnlyList<Column> Columns { get; } =
    [
        new("verification_id", ColumnKind.Text), new("application_id", ColumnKind.Text), new("purpose", ColumnKind.Text),
        new("to", ColumnKind.Text), new("requested_at", ColumnKind.Time), new("verdict", ColumnKind.Text), new("score", ColumnKind.Whole),
        new("attempts", ColumnKind.Whole), new("channel", ColumnKind.Text), new("trunk", ColumnKind.Text),
        new("candidates", ColumnKind.Whole), new("invited_at", ColumnKind.Time), new("rang_at", ColumnKind.Time),
        new("call_ended_at", ColumnKind.Time), new("disposition", ColumnKind.Text), new("answered", ColumnKind.Truth),
        new("reports", ColumnKind.Whole), new("wrong_reports", ColumnKind.Whole), new("outcome", ColumnKind.Text),
        new("reason", ColumnKind.Text), new("ended_at", ColumnKind.Time), new("ms_to_ring", ColumnKind.Real),
        new("ms_to_end", ColumnKind.Real),
    ];

    public override IEnumerable<object?[]> Take(JsonElement line)
    {
        var (id, type, data) = (Text(line, "verificationId")!, Text(line, "type")!, line.GetProperty("data"));
        var storedAt = Time(line, "storedAt")!.Value;
        while (_inOrder.TryPeek(out var oldest) && oldest.RequestedAt + Lasts < storedAt)
            yield return Whole(_inOrder.Dequeue());
        if (type == "verification_requested" && (to is null || storedAt < to.Value.UtcDateTime))
        {
            var begun = new Session { Id = id, RequestedAt = storedAt };
            _open[id] = begun;
            _inOrder.Enqueue(begun);
        }
        if (_open.TryGetValue(id, out var session))
            session.Take(type, data);
    }

    public override IEnumerable<object?[]> End()
    {
        while (_inOrder.TryDequeue(out var session))
            yield return Whole(session);
    }

    private object?[] Whole(Session session)
    {
        _open.Remove(session.Id);
        return session.Row();
    }

    /// <summary>What is known of a session.</summary>
    private sealed class Session
    {
        private string? _application, _purpose, _to, _verdict, _channel, _trunk, _disposition, _outcome, _reason;
        private long? _score, _candidates;
        private long _attempts, _reports, _wrong;
        private bool? _answered;
        private DateTime? _asked, _invited, _rang, _callEnded, _ended;

        public required string Id { get; init; }

        public required DateTime RequestedAt { get; init; }

        public void Take(string type, JsonElement data)
        {
            var at = Time(data, "at");
            switch (type)
            {
                case "verification_requested":
                    (_application, _purpose, _to, _asked) = (Text(data, "applicationId"), Text(data, "purpose"), Text(data, "to"), at);
                    break;
                case "risk_assessed":
                    (_verdict, _score) = (Text(data, "verdict"), Whole(data, "score"));
                    break;
                case "attempt_started":
                    (_attempts, _channel) = (_attempts + 1, Text(data, "channel"));
                    break;
                case "caller_id_leased":
                    (_trunk, _candidates) = (Text(data, "trunk"), Whole(data, "candidates"));
                    break;
                case "call_rang":
                    (_invited, _rang) = (_invited ?? Time(data, "invitedAt"), _rang ?? at);
                    break;
                case "call_ended":
                    (_callEnded, _disposition, _answered) = (at, Text(data, "disposition"), Truth(data, "answered"));
                    (_invited, _trunk) = (_invited ?? Time(data, "invitedAt"), Text(data, "trunk") ?? _trunk);
                    break;
                case "report_received":
                    (_reports, _wrong) = (_reports + 1, _wrong + (Truth(data, "matched") == false ? 1 : 0));
                    break;
                case "verification_succeeded" or "verification_denied" or "verification_failed" or "verification_expired"
                    or "verification_cancelled" or "verification_superseded" or "verification_errored":
                    (_outcome, _reason, _ended) = (type["verification_".Length..], Text(data, "reason"), at);
                    break;
            }
        }

        public object?[] Row() =>
        [
            Id, _application, _purpose, _to, _asked, _verdict, _score, _attempts, _channel, _trunk, _candidates, _invited, _rang,
            _callEnded, _disposition, _answered, _reports, _wrong, _outcome, _reason, _ended, (_rang - _asked)?.TotalMilliseconds,
            (_ended - _asked)?.TotalMilliseconds,
        ];
    }
}
