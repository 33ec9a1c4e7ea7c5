using FlashCall.Fraud.Engine;

namespace FlashCall.Simulation;

/// <summary>One request and what comes of it if the phone rings.</summary>
/// <param name="Traffic">Who is behind it: <see cref="Honest"/>, or the name of an attack.</param>
/// <param name="Person">Which of them, to count people as well as requests.</param>
/// <param name="Request">The request.</param>
internal sealed record Visit(string Traffic, int Person, RiskRequest Request)
{
    /// <summary>The traffic of people.</summary>
    public const string Honest = "honest";

    /// <summary>From the request to the end of the session.</summary>
    public required TimeSpan Length { get; init; }

    /// <summary>The right caller ID is reported in the end.</summary>
    public required bool Verified { get; init; }

    /// <summary>Wrong ones are reported before.</summary>
    public int WrongReports { get; init; }

    /// <summary>The call is answered.</summary>
    public bool Answered { get; init; }

    /// <summary>The trunk that carries the call.</summary>
    public string Trunk { get; init; } = "carrier";
}
