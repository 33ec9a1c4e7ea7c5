using System.Diagnostics.Metrics;
using FlashCall.Contracts;

namespace FlashCall.Fraud;

/// <summary>The figures of the fraud service.</summary>
internal sealed class FraudMetrics
{
    private readonly Counter<long> _assessments;
    private readonly Counter<long> _factors;

    /// <param name="meters">Makes the meter.</param>
    public FraudMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("FlashCall");
        _assessments = meter.CreateCounter<long>("flashcall.fraud.assessments", "{request}", "Requests assessed, by verdict");
        _factors = meter.CreateCounter<long>("flashcall.fraud.factors", "{factor}", "Reasons that spoke against a request, by code");
    }

    /// <summary>Counts a new assessment.</summary>
    public void Assessed(RiskAssessed answer)
    {
        _assessments.Add(1, new KeyValuePair<string, object?>("verdict", answer.Verdict.ToString()));
        foreach (var factor in answer.Factors)
            _factors.Add(1, new KeyValuePair<string, object?>("code", factor.Code));
    }
}
