using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RabbitMQ.Client;

namespace FlashCall.Cli.DeadLetters;

/// <summary>A message that no service could handle, and why. What is shown of it is masked; the message itself stays as it is.</summary>
internal sealed class DeadLetter
{
    private const string ReturnsHeader = "x-delivery-count";

    /// <summary>The client library's own: the number of a message among those whose confirms it awaits.</summary>
    private const string ConfirmHeader = "x-dotnet-pub-seq-no";

    private DeadLetter(string queue, BasicGetResult taken)
    {
        Queue = queue;
        DeliveryTag = taken.DeliveryTag;
        Properties = taken.BasicProperties;
        Body = taken.Body.ToArray();
        Headers = new Dictionary<string, object?>(
            taken.BasicProperties.Headers ?? new Dictionary<string, object?>(), StringComparer.Ordinal);
        Returns = Headers.Remove(ReturnsHeader, out var returns) ? Convert.ToInt64(returns, CultureInfo.InvariantCulture) : 0;
        Headers.Remove(ConfirmHeader);
    }

    /// <summary>Where it lies, without the prefix: <c>fraud_error</c>.</summary>
    public string Queue { get; }

    public ulong DeliveryTag { get; }

    public IReadOnlyBasicProperties Properties { get; }

    public byte[] Body { get; }

    public IDictionary<string, object?> Headers { get; }

    /// <summary>How often it was taken and given back.</summary>
    public long Returns { get; }

    /// <summary>Whether it has left the queue.</summary>
    public bool IsRemoved { get; set; }

    public string? MessageId { get; private set; }

    /// <summary>The message's name, without its namespace: <c>AssessRisk</c>.</summary>
    public string? Type { get; private set; }

    public string? Session { get; private set; }

    public string? SentAt { get; private set; }

    /// <summary>What was sent, numbers masked; null when it is no JSON.</summary>
    public JsonNode? Message { get; private set; }

    public string? FailedAt => Text("MT-Fault-Timestamp");

    public string? Exception => Text("MT-Fault-ExceptionType");

    /// <summary>Why: the error's own words, or that nobody takes such messages.</summary>
    public string Reason => Text("MT-Fault-Message") ?? (Queue.EndsWith("_skipped", StringComparison.Ordinal)
        ? "No consumer of the service takes such a message."
        : Text("MT-Reason") ?? "");

    public string? Consumer => Text("MT-Fault-ConsumerType");

    public string? Retries => Text("MT-Fault-RetryCount");

    public string? StackTrace => Text("MT-Fault-StackTrace");

    /// <summary>Reads what was taken from a queue.</summary>
    public static DeadLetter Read(string queue, BasicGetResult taken)
    {
        var letter = new DeadLetter(queue, taken);
        letter.ReadEnvelope();
        letter.MessageId ??= letter.Properties.MessageId;
        return letter;
    }

    /// <summary>The headers without what was added when the message failed.</summary>
    public IDictionary<string, object?> HeadersAsSent() => Headers
        .Where(header => !header.Key.StartsWith("MT-Fault-", StringComparison.Ordinal) && header.Key != "MT-Reason")
        .ToDictionary(StringComparer.Ordinal);

    /// <summary>What programs read.</summary>
    /// <param name="whole">With the message and the stack trace.</param>
    public JsonObject ToJson(bool whole)
    {
        var document = new JsonObject
        {
            ["queue"] = Queue,
            ["messageId"] = MessageId,
            ["type"] = Type,
            ["session"] = Session,
            ["sentAt"] = SentAt,
            ["failedAt"] = FailedAt,
            ["exception"] = Exception,
            ["reason"] = Reason,
            ["retries"] = Retries,
        };
        if (whole)
        {
            document["consumer"] = Consumer;
            document["stackTrace"] = StackTrace;
            document["message"] = Message?.DeepClone();
        }
        return document;
    }

    /// <summary>MassTransit's envelope. A message without one is shown as unknown: anybody may have put it there.</summary>
    private void ReadEnvelope()
    {
        try
        {
            if (JsonNode.Parse(Body) is not JsonObject envelope)
                return;
            MessageId = String(envelope["messageId"]);
            SentAt = String(envelope["sentTime"]);
            Type = envelope["messageType"] is JsonArray { Count: > 0 } types ? String(types[0])?.Split(':', '+')[^1] : null;
            Message = Masked.Copy(envelope["message"]);
            Session = Message is JsonObject message ? String(message["verificationId"]) : null;
        }
        catch (JsonException)
        {
            // Not readable as JSON, which may be why it failed: its headers still say where and when.
        }
    }

    private static string? String(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private string? Text(string header) => Headers.TryGetValue(header, out var value)
        ? Masked.Text(value is byte[] text ? Encoding.UTF8.GetString(text) : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")
        : null;
}
