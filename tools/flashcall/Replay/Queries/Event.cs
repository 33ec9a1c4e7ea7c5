using System.Buffers;
using System.Text.Json;
using FlashCall.EventLog;
using FlashCall.Funnel;

namespace FlashCall.Replay;

/// <summary>An event of the log as a query sees it. Numbers, caller IDs and what else is a person's are masked.</summary>
public sealed class Event
{
    private readonly ReadOnlyMemory<byte> _stored;
    private JsonElement? _data;
    private FunnelEvent? _seen;

    internal Event(in StoredEvent stored)
    {
        Sequence = stored.Sequence;
        Session = stored.StreamId;
        Version = stored.Version;
        Type = stored.Type;
        StoredAt = stored.Timestamp;
        _stored = stored.Data;
    }

    /// <summary>Its place in the log, from 1; higher is later.</summary>
    public long Sequence { get; }

    /// <summary>The session.</summary>
    public Guid Session { get; }

    /// <summary>Its place in its session's stream, from 1.</summary>
    public long Version { get; }

    /// <summary>Its name, such as <c>call_rang</c>.</summary>
    public string Type { get; }

    /// <summary>When it was stored (UTC).</summary>
    public DateTimeOffset StoredAt { get; }

    /// <summary>When it happened (UTC), by the clock of the service that saw it.</summary>
    public DateTimeOffset At => Time("at") ?? StoredAt;

    /// <summary>Of a <c>verification_requested</c>: the country of the number, ISO 3166-1 alpha-2, or a calling code (<c>+979</c>), or
    /// <c>ZZ</c> for one that was erased. Null of any other event.</summary>
    public string? Country => Type == "verification_requested" ? Seen?.Country : null;

    /// <summary>Of a <c>verification_requested</c>: how the number begins, six digits at most. Null of any other event.</summary>
    public string? Prefix => Type == "verification_requested" ? Seen?.Prefix : null;

    /// <summary>All of its fields. Good until the query is given the next event.</summary>
    public JsonElement Data => _data ??= Parse();

    private FunnelEvent? Seen => _seen ??= StoredEvents.Read(Session, Type, _stored.Span);

    /// <summary>A field as text; null where there is none.</summary>
    /// <param name="field">Its name, such as <c>trunk</c>; a point leads into an object: <c>policy.guessBound</c>.</param>
    public string? Text(string field) => Find(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { } other => other.GetRawText(),
    };

    /// <summary>A field as a number; null where there is none.</summary>
    /// <param name="field">Its name.</param>
    public double? Number(string field) => Find(field) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;

    /// <summary>Whether a field is true.</summary>
    /// <param name="field">Its name.</param>
    public bool Is(string field) => Find(field) is { ValueKind: JsonValueKind.True };

    /// <summary>A field as a time; null where there is none.</summary>
    /// <param name="field">Its name.</param>
    public DateTimeOffset? Time(string field) =>
        Find(field) is { ValueKind: JsonValueKind.String } text && text.TryGetDateTimeOffset(out var time) ? time : null;

    private JsonElement? Find(string field)
    {
        var found = Data;
        foreach (var part in field.Split('.'))
        {
            if (found.ValueKind != JsonValueKind.Object || !found.TryGetProperty(part, out found))
                return null;
        }
        return found.ValueKind == JsonValueKind.Null ? null : found;
    }

    private JsonElement Parse()
    {
        var masked = new ArrayBufferWriter<byte>(_stored.Length + 32);
        PersonalData.WriteMasked(Type, _stored.Span, masked);
        var reader = new Utf8JsonReader(masked.WrittenSpan);
        return JsonElement.ParseValue(ref reader);
    }
}
