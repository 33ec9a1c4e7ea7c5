using FlashCall.Contracts;

namespace FlashCall.Fraud.Assessments;

/// <summary>Lines that no person verifies with are not rung, since somebody earns on them or nobody sees the call; others weigh.</summary>
internal sealed class LineTypeRule : IRule
{
    private const string NotAllowed = "line_type_not_allowed";

    /// <inheritdoc/>
    public RiskFactor? Assess(Policy policy, RiskRequest request, Counters counters) => request switch
    {
        // Inmarsat, Iridium and other global satellite systems, international networks (ITU-T E.164.1). Their numbers pass for mobile or
        // Internet telephony in the numbering plan and cost several euros a minute.
        { Destination: "+870" or "+881" or "+882" or "+883" } => Refuse("a satellite phone or an international network"),
        { LineType: LineType.PremiumRate } => Refuse("a premium-rate number"),
        { LineType: LineType.SharedCost } => Refuse("a shared-cost number"),
        { LineType: LineType.TollFree } => Refuse("a toll-free number"),
        { LineType: LineType.Pager } => Refuse("a pager"),
        { LineType: LineType.UniversalAccess } => Refuse("a company's access number"),
        { LineType: LineType.Voicemail } => Refuse("a voicemail box"),
        { LineType: LineType.Voip } =>
            Weigh("line_type_voip", 40, "This is an Internet telephony number, which is bought in bulk without a SIM."),
        { LineType: LineType.PersonalNumber } =>
            Weigh("line_type_personal_number", 40, "This is a personal number, which forwards to a line nobody knows."),
        { LineType: LineType.Unknown } =>
            Weigh("line_type_unknown", 30, "The numbering plan does not say what kind of line this number is."),
        _ => null,
    };

    private static RiskFactor Refuse(string line) =>
        Weigh(NotAllowed, RuleBook.Decisive, $"This is {line}, which is not rung. Ask for a mobile or fixed-line number.");

    private static RiskFactor Weigh(string code, int weight, string detail) => new() { Code = code, Weight = weight, Detail = detail };
}
