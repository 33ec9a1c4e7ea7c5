using System.Runtime.InteropServices;
using System.Text;

namespace FlashCall.EventLog;

/// <summary>An event as it is stored. Its memory belongs to the page it came with, and is good until the next page is asked for.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly struct StoredEvent
{
    /// <summary>Its place in the log, from 1; higher is later. Numbers may be missing.</summary>
    public required long Sequence { get; init; }

    /// <summary>The session.</summary>
    public required Guid StreamId { get; init; }

    /// <summary>Its place in its session's stream, from 1.</summary>
    public required long Version { get; init; }

    /// <summary>The event's name, such as <c>call_rang</c>.</summary>
    public required string Type { get; init; }

    /// <summary>When it was stored (UTC, whole microseconds), by the clock of the replica that did.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>The event itself: JSON in UTF-8, as PostgreSQL writes jsonb. Numbers stand in it in plain: see
    /// <see cref="PersonalData"/>.</summary>
    public required ReadOnlyMemory<byte> Data { get; init; }

    /// <summary><see cref="CorrelationId"/> in UTF-8; empty where there is none.</summary>
    public required ReadOnlyMemory<byte> CorrelationUtf8 { get; init; }

    /// <summary><see cref="CausationId"/> in UTF-8; empty where there is none.</summary>
    public required ReadOnlyMemory<byte> CausationUtf8 { get; init; }

    /// <summary>Whether the stream was moved to the archive.</summary>
    public required bool IsArchived { get; init; }

    /// <summary>The id of the trace (W3C, 32 hexadecimal digits); null where there is none.</summary>
    public string? CorrelationId => Text(CorrelationUtf8);

    /// <summary>What caused it: the traceparent (W3C) of the request or message; null where there is none.</summary>
    public string? CausationId => Text(CausationUtf8);

    /// <summary>The event without what it says.</summary>
    public override string ToString() => $"{Sequence} {StreamId} {Version} {Type}";

    private static string? Text(ReadOnlyMemory<byte> utf8) => utf8.IsEmpty ? null : Encoding.UTF8.GetString(utf8.Span);
}
