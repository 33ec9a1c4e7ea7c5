using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FlashCall.EventLog;

/// <summary>
/// Writes events as lines of JSON (NDJSON), each with the cursor to go on from after it: <c>cursor</c>, <c>verificationId</c>,
/// <c>version</c>, <c>type</c>, <c>storedAt</c>, <c>traceId</c> and <c>cause</c> where there are any, <c>data</c>. A line with a cursor and
/// no event says how far the log was read; one that says <c>end</c> as well, that all was.
/// </summary>
/// <param name="isPlain">Whether numbers, and what a client told of a person, are shown.</param>
public sealed class EventLines(bool isPlain) : IDisposable
{
    /// <summary>Longer than any session lives: a caller ID is a code until its session has ended, and is shown to nobody before.</summary>
    private static readonly TimeSpan CodesLive = TimeSpan.FromMinutes(15);

    private readonly ArrayBufferWriter<byte> _data = new();
    private readonly Utf8JsonWriter _writer = new(Stream.Null, new JsonWriterOptions
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    });

    /// <summary>Writes an event.</summary>
    /// <param name="stored">The event.</param>
    /// <param name="now">The time (UTC): what is younger than a session may live shows no code.</param>
    /// <param name="output">Where the line goes, its line feed included.</param>
    public void Write(in StoredEvent stored, DateTimeOffset now, IBufferWriter<byte> output)
    {
        _writer.Reset(output);
        _writer.WriteStartObject();
        _writer.WriteNumber("cursor"u8, stored.Sequence);
        _writer.WriteString("verificationId"u8, stored.StreamId);
        _writer.WriteNumber("version"u8, stored.Version);
        _writer.WriteString("type"u8, stored.Type);
        _writer.WriteString("storedAt"u8, stored.Timestamp.UtcDateTime);
        if (!stored.CorrelationUtf8.IsEmpty)
            _writer.WriteString("traceId"u8, stored.CorrelationUtf8.Span);
        if (!stored.CausationUtf8.IsEmpty)
            _writer.WriteString("cause"u8, stored.CausationUtf8.Span);
        _writer.WritePropertyName("data"u8);
        _writer.WriteRawValue(Shown(stored.Type, stored.Timestamp, stored.Data, now), skipInputValidation: true);
        _writer.WriteEndObject();
        End(output);
    }

    /// <summary>Writes how far the log was read.</summary>
    /// <param name="cursor">What to go on from.</param>
    /// <param name="isEnd">Whether that is all.</param>
    /// <param name="output">Where the line goes, its line feed included.</param>
    public void WriteCursor(long cursor, bool isEnd, IBufferWriter<byte> output)
    {
        _writer.Reset(output);
        _writer.WriteStartObject();
        _writer.WriteNumber("cursor"u8, cursor);
        if (isEnd)
            _writer.WriteBoolean("end"u8, true);
        _writer.WriteEndObject();
        End(output);
    }

    /// <summary>An event's JSON as it may be shown.</summary>
    /// <param name="type">The event's name.</param>
    /// <param name="storedAt">When it was stored (UTC).</param>
    /// <param name="data">Its JSON in UTF-8.</param>
    /// <param name="now">The time (UTC).</param>
    /// <returns>JSON in UTF-8, good until the next is asked for.</returns>
    public ReadOnlySpan<byte> Shown(string type, DateTimeOffset storedAt, ReadOnlyMemory<byte> data, DateTimeOffset now)
    {
        if (isPlain && (type != PersonalData.CodeEvent || storedAt < now - CodesLive))
            return data.Span;
        _data.ResetWrittenCount();
        PersonalData.WriteMasked(type, data.Span, _data);
        return _data.WrittenSpan;
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private void End(IBufferWriter<byte> output)
    {
        _writer.Flush();
        output.Write("\n"u8);
    }
}
