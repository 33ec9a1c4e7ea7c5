using System.Diagnostics;
using Google.Protobuf;

namespace FlashCall.EndToEnd.Tests.Tracing;

/// <summary>
/// Reads the body of an OTLP/HTTP trace export (<c>opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest</c>). By field numbers,
/// which the protocol never changes; fields that a reader does not know are passed over.
/// </summary>
internal static class TraceExport
{
    /// <summary>The spans of an export.</summary>
    /// <exception cref="InvalidProtocolBufferException">The body is no such message.</exception>
    public static IReadOnlyList<Span> Read(byte[] body)
    {
        var spans = new List<Span>();
        ForEachField(ByteString.CopyFrom(body), (field, input) =>
        {
            if (field != 1)
                return false;
            ReadResourceSpans(input.ReadBytes(), spans);
            return true;
        });
        return spans;
    }

    private static void ReadResourceSpans(ByteString message, List<Span> spans)
    {
        // The resource may come after what it describes; its spans are read when all is known.
        var service = "";
        var scopes = new List<ByteString>();
        ForEachField(message, (field, input) =>
        {
            switch (field)
            {
                case 1:
                    service = ReadResource(input.ReadBytes()).GetValueOrDefault("service.name") as string ?? "";
                    return true;
                case 2:
                    scopes.Add(input.ReadBytes());
                    return true;
                default:
                    return false;
            }
        });
        foreach (var scope in scopes)
            ReadScopeSpans(scope, service, spans);
    }

    private static Dictionary<string, object?> ReadResource(ByteString message)
    {
        var attributes = NoAttributes();
        ForEachField(message, (field, input) => field == 1 && ReadKeyValue(input.ReadBytes(), attributes));
        return attributes;
    }

    private static void ReadScopeSpans(ByteString message, string service, List<Span> spans)
    {
        var scope = "";
        var found = new List<ByteString>();
        ForEachField(message, (field, input) =>
        {
            switch (field)
            {
                case 1:
                    scope = ReadScopeName(input.ReadBytes());
                    return true;
                case 2:
                    found.Add(input.ReadBytes());
                    return true;
                default:
                    return false;
            }
        });
        spans.AddRange(found.Select(span => ReadSpan(span, service, scope)));
    }

    private static string ReadScopeName(ByteString message)
    {
        var name = "";
        ForEachField(message, (field, input) =>
        {
            if (field != 1)
                return false;
            name = input.ReadString();
            return true;
        });
        return name;
    }

    private static Span ReadSpan(ByteString message, string service, string scope)
    {
        var (traceId, spanId, parent, name) = ("", "", "", "");
        var kind = ActivityKind.Internal;
        var (start, end) = (DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
        var attributes = NoAttributes();
        var events = new List<SpanEvent>();
        var links = new List<SpanLink>();
        var status = new SpanStatus(ActivityStatusCode.Unset, "");
        ForEachField(message, (field, input) =>
        {
            switch (field)
            {
                case 1:
                    traceId = ReadId(input);
                    return true;
                case 2:
                    spanId = ReadId(input);
                    return true;
                case 4:
                    parent = ReadId(input);
                    return true;
                case 5:
                    name = input.ReadString();
                    return true;
                case 6:
                    kind = Kind(input.ReadEnum());
                    return true;
                case 7:
                    start = Time(input.ReadFixed64());
                    return true;
                case 8:
                    end = Time(input.ReadFixed64());
                    return true;
                case 9:
                    return ReadKeyValue(input.ReadBytes(), attributes);
                case 11:
                    events.Add(ReadEvent(input.ReadBytes()));
                    return true;
                case 13:
                    links.Add(ReadLink(input.ReadBytes()));
                    return true;
                case 15:
                    status = ReadStatus(input.ReadBytes());
                    return true;
                default:
                    return false;
            }
        });
        return new Span(
            traceId, spanId, parent.Length == 0 ? null : parent, name, kind, service, scope, start, end, attributes, events, links, status);
    }

    private static SpanEvent ReadEvent(ByteString message)
    {
        var (name, time) = ("", DateTimeOffset.UnixEpoch);
        var attributes = NoAttributes();
        ForEachField(message, (field, input) =>
        {
            switch (field)
            {
                case 1:
                    time = Time(input.ReadFixed64());
                    return true;
                case 2:
                    name = input.ReadString();
                    return true;
                case 3:
                    return ReadKeyValue(input.ReadBytes(), attributes);
                default:
                    return false;
            }
        });
        return new SpanEvent(name, time, attributes);
    }

    private static SpanLink ReadLink(ByteString message)
    {
        var (traceId, spanId) = ("", "");
        var attributes = NoAttributes();
        ForEachField(message, (field, input) =>
        {
            switch (field)
            {
                case 1:
                    traceId = ReadId(input);
                    return true;
                case 2:
                    spanId = ReadId(input);
                    return true;
                case 4:
                    return ReadKeyValue(input.ReadBytes(), attributes);
                default:
                    return false;
            }
        });
        return new SpanLink(traceId, spanId, attributes);
    }

    private static SpanStatus ReadStatus(ByteString message)
    {
        var (code, text) = (0, "");
        ForEachField(message, (field, input) =>
        {
            switch (field)
            {
                case 2:
                    text = input.ReadString();
                    return true;
                case 3:
                    code = input.ReadEnum();
                    return true;
                default:
                    return false;
            }
        });
        return new SpanStatus(
            code switch { 1 => ActivityStatusCode.Ok, 2 => ActivityStatusCode.Error, _ => ActivityStatusCode.Unset },
            text);
    }

    private static bool ReadKeyValue(ByteString message, Dictionary<string, object?> attributes)
    {
        var key = "";
        object? value = null;
        ForEachField(message, (field, input) =>
        {
            switch (field)
            {
                case 1:
                    key = input.ReadString();
                    return true;
                case 2:
                    value = ReadValue(input.ReadBytes());
                    return true;
                default:
                    return false;
            }
        });
        attributes[key] = value;
        return true;
    }

    /// <summary>A string, bool, long, double, list, dictionary, byte array, or null for a value without content.</summary>
    private static object? ReadValue(ByteString message)
    {
        object? value = null;
        ForEachField(message, (field, input) =>
        {
            switch (field)
            {
                case 1:
                    value = input.ReadString();
                    return true;
                case 2:
                    value = input.ReadBool();
                    return true;
                case 3:
                    value = input.ReadInt64();
                    return true;
                case 4:
                    value = input.ReadDouble();
                    return true;
                case 5:
                    value = ReadList(input.ReadBytes());
                    return true;
                case 6:
                    value = ReadResource(input.ReadBytes());
                    return true;
                case 7:
                    value = input.ReadBytes().ToByteArray();
                    return true;
                default:
                    return false;
            }
        });
        return value;
    }

    private static List<object?> ReadList(ByteString message)
    {
        var values = new List<object?>();
        ForEachField(message, (field, input) =>
        {
            if (field != 1)
                return false;
            values.Add(ReadValue(input.ReadBytes()));
            return true;
        });
        return values;
    }

    /// <summary>Goes through a message. The reader consumes a field's value and says so, or leaves it and returns false.</summary>
    private static void ForEachField(ByteString message, Func<int, CodedInputStream, bool> read)
    {
        using var input = message.CreateCodedInput();
        while (input.ReadTag() is var tag && tag != 0)
        {
            if (!read(WireFormat.GetTagFieldNumber(tag), input))
                input.SkipLastField();
        }
    }

    private static Dictionary<string, object?> NoAttributes() => new(StringComparer.Ordinal);

    private static string ReadId(CodedInputStream input) => Convert.ToHexStringLower(input.ReadBytes().Span);

    private static DateTimeOffset Time(ulong unixNanoseconds) => DateTimeOffset.UnixEpoch.AddTicks((long)(unixNanoseconds / 100));

    /// <summary>An unspecified kind is to be taken for internal, says the protocol.</summary>
    private static ActivityKind Kind(int kind) => kind switch
    {
        2 => ActivityKind.Server,
        3 => ActivityKind.Client,
        4 => ActivityKind.Producer,
        5 => ActivityKind.Consumer,
        _ => ActivityKind.Internal,
    };
}
