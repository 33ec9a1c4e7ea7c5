using System.Diagnostics;
using System.Text.RegularExpressions;
using OpenTelemetry;

namespace FlashCall.Hosting.Tracing;

/// <summary>
/// Gives the bus library's spans the names and attributes of OpenTelemetry's semantic conventions for messaging and RabbitMQ, which are
/// newer than the library's: what was done and where to, <c>send verification</c>, without the names of replicas.
/// </summary>
internal sealed partial class MessagingConventions : BaseProcessor<Activity>
{
    private const string Operation = "messaging.operation";
    private const string Destination = "messaging.destination.name";
    private const string MessageId = "messaging.message.id";

    public override void OnEnd(Activity data)
    {
        if (!data.Recorded || data.Source.Name != "MassTransit" || data.GetTagItem(Operation) is not string operation)
            return;
        var queue = (data.GetTagItem(Destination) ?? data.Parent?.GetTagItem(Destination)) as string ?? "unknown";
        data.SetTag("messaging.system", "rabbitmq").SetTag(Destination, queue)
            .SetTag(Operation + ".name", operation).SetTag(Operation + ".type", operation)
            .SetTag(MessageId, data.GetTagItem(MessageId) ?? data.GetTagItem("messaging.masstransit.message_id"))
            // What the conventions once had, and a peer that is none.
            .SetTag(Operation, value: null).SetTag("messaging.masstransit.message_id", value: null).SetTag("peer.address", value: null);
        var template = Replica().Replace(queue, "-{replica}");
        if (template != queue)
            data.SetTag("messaging.destination.template", template).SetTag("messaging.destination.temporary", value: true);
        data.DisplayName = $"{operation} {template}";
        // Left unset by whoever does not know better: a caller may still find fault.
        if (data.Status is ActivityStatusCode.Ok)
            data.SetStatus(ActivityStatusCode.Unset);
    }

    /// <summary>The end of the name of a queue of one replica (<see cref="ServiceIdentity.Instance"/>).</summary>
    [GeneratedRegex("-[0-9]+-[0-9a-f]{32}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Replica();
}
