using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Policies;

namespace FlashCall.Fraud.Tests.Assessments;

/// <summary>Policies of tests.</summary>
internal static class Documents
{
    /// <summary>Sweden and Great Britain, the usual limits of numbers, addresses and networks; what else would be found in the traffic of a
    /// test is left out.</summary>
    public static readonly PolicyDocument Quiet = new()
    {
        Destinations = new DestinationLists { Allowed = ["SE", "GB"] },
        Velocity = [.. VelocityLimit.Usual.Where(
            limit => limit.Subject is SubjectKind.Number or SubjectKind.Address or SubjectKind.Network)],
        LiveSession = null,
        NumberSequence = null,
        NumberBlock = [],
        Conversion = null,
        AnsweredRate = null,
    };

    /// <summary>The same with other destinations or limits.</summary>
    public static PolicyDocument With(string[]? destinations = null, params VelocityLimit[] limits) => Quiet with
    {
        Destinations = new DestinationLists { Allowed = [.. destinations ?? ["SE", "GB"]] },
        Velocity = [.. limits],
    };
}
