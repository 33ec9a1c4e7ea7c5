using System.Diagnostics;
using OpenTelemetry;

namespace FlashCall.Gateway.Forwarding;

/// <summary>Keeps the probes of the replicas' health out of the traces, where they would bury the verifications.</summary>
internal sealed class ProbesUntraced : BaseProcessor<Activity>
{
    /// <summary>The span that YARP opens around each round of probes.</summary>
    private const string Probes = "proxy.cluster_health_checks";

    public override void OnStart(Activity data)
    {
        if (data is { Source.Name: "Yarp.ReverseProxy", OperationName: Probes })
        {
            data.IsAllDataRequested = false;
            // Children follow their parent's flag.
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
    }
}
