using System.Diagnostics.Metrics;
using FlashCall.Contracts;
using FlashCall.Fraud.Storage;

namespace FlashCall.Fraud;

/// <summary>The figures of the fraud service.</summary>
internal sealed class FraudMetrics
{
    private readonly Counter<long> _assessments;
    private readonly Counter<long> _factors;
    private readonly Counter<long> _news;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _feedback;

    /// <param name="meters">Makes the meter.</param>
    public FraudMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("FlashCall");
        _assessments = meter.CreateCounter<long>("flashcall.fraud.assessments", "{request}",
            "Requests assessed, by verdict, and by what it would have been with all rules enforced");
        _factors = meter.CreateCounter<long>("flashcall.fraud.factors", "{factor}",
            "Reasons that spoke against a request, by code, enforced or in shadow mode");
        _news = meter.CreateCounter<long>("flashcall.fraud.outcomes", "{outcome}",
            "News of what became of sessions, by kind, and whether it counts now, counted before or waits for its session");
        _dropped = meter.CreateCounter<long>("flashcall.fraud.outcomes_dropped", "{outcome}",
            "News of sessions that were forgotten or never assessed");
        _feedback = meter.CreateCounter<long>("flashcall.fraud.feedback", "{session}", "Feedback, by its kind and the verdict then");
    }

    /// <summary>Counts a new assessment.</summary>
    public void Assessed(RiskAssessed answer)
    {
        _assessments.Add(1, new("verdict", answer.Verdict.ToString()), new("shadow", (answer.ShadowVerdict ?? answer.Verdict).ToString()));
        foreach (var factor in answer.Factors)
            _factors.Add(1, new("code", factor.Code), new("shadow", factor.Shadow));
    }

    /// <summary>Counts a piece of news.</summary>
    public void Took(string kind, Learned learned) => _news.Add(1, new("kind", kind), new("counted", learned.ToString()));

    /// <summary>Counts news that is of no session.</summary>
    public void Dropped(long count)
    {
        if (count > 0)
            _dropped.Add(count);
    }

    /// <summary>Counts feedback.</summary>
    public void TookFeedback(string kind, Verdict verdict) => _feedback.Add(1, new("kind", kind), new("verdict", verdict.ToString()));
}
