using System.Runtime.CompilerServices;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace FlashCall.Gateway.Forwarding;

/// <summary>
/// What the probes say of a replica. One that answers that it is not ready is believed at once: it is about to stop, and takes requests for
/// some seconds more only. One that does not answer may be slow for a moment, and is left out after the second time.
/// </summary>
internal sealed class ProbesHeeded(IDestinationHealthUpdater health) : IActiveHealthCheckPolicy
{
    /// <summary>The name by which a cluster asks for it.</summary>
    public const string PolicyName = "ProbesHeeded";

    private const int MissedAnswers = 2;

    private readonly ConditionalWeakTable<DestinationState, StrongBox<int>> _missed = [];

    public string Name => PolicyName;

    public void ProbingCompleted(ClusterState cluster, IReadOnlyList<DestinationProbingResult> probingResults) =>
        health.SetActive(cluster, [.. probingResults.Select(result => new NewActiveDestinationHealth(result.Destination, Of(result)))]);

    private DestinationHealth Of(DestinationProbingResult result)
    {
        var missed = _missed.GetOrCreateValue(result.Destination);
        if (result.Response is { } answer)
        {
            missed.Value = 0;
            return answer.IsSuccessStatusCode ? DestinationHealth.Healthy : DestinationHealth.Unhealthy;
        }
        missed.Value = Math.Min(missed.Value + 1, MissedAnswers);
        // The first time nothing changes: it stays what it was, and a new one is not known yet.
        return missed.Value == MissedAnswers ? DestinationHealth.Unhealthy : result.Destination.Health.Active;
    }
}
