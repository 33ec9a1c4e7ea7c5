using System.Diagnostics;
using OpenTelemetry.Trace;

namespace FlashCall.Hosting.Tracing;

/// <summary>
/// Records what begins with a request or with work that the platform takes up again by itself. Polls, connections that are opened, and
/// messages that replicas tell each other would bury the verifications. Which of the traces are exported is decided when they are over
/// (<see cref="TailSampling"/>), and not by the client's <c>sampled</c> flag: an error must not go unseen because a client traces little.
/// </summary>
internal sealed class PlatformSampler : Sampler
{
    /// <summary>The sampler, together with what follows from the parent: below what is not recorded nothing is.</summary>
    public static Sampler Create() => new ParentBasedSampler(
        new PlatformSampler(), remoteParentSampled: new AlwaysOnSampler(), remoteParentNotSampled: new PlatformSampler(),
        localParentSampled: new AlwaysOnSampler(), localParentNotSampled: new AlwaysOffSampler());

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        new(samplingParameters.Kind is ActivityKind.Server or ActivityKind.Internal || samplingParameters.Name == Telemetry.Delivery
            ? SamplingDecision.RecordAndSample
            : SamplingDecision.Drop);
}
