using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;

namespace FlashCall.Fraud.Rules;

/// <summary>Lines that no person verifies with are not rung, since somebody earns on them or nobody sees the call; others weigh.</summary>
internal sealed class LineTypes(IReadOnlyDictionary<LineType, int> weights) : IRule
{
    /// <inheritdoc/>
    public string Name => "line_type";

    /// <inheritdoc/>
    public IReadOnlyList<Need> Needs => [];

    /// <inheritdoc/>
    public IEnumerable<Finding> Judge(RiskRequest request, Readings readings)
    {
        if (!request.IsValid)
        {
            yield return new Finding("number_not_valid", Finding.Decisive, "No numbering plan has this number. Ask for another one.")
            {
                HoldsForAll = true,
            };
        }
        var weight = weights.GetValueOrDefault(request.LineType);
        if (weight == 0)
            yield break;
        var line = LineOf(request.LineType);
        (string, string)[] evidence = [("line_type", request.LineType.ToString())];
        yield return weight >= Finding.Decisive
            ? new Finding("line_type_not_allowed", Finding.Decisive,
                $"This is {line}, which is not rung. Ask for a mobile or fixed-line number.")
            {
                HoldsForAll = true,
                Evidence = evidence,
            }
            : new Finding(CodeOf(request.LineType), weight, $"This is {line}.") { Evidence = evidence };
    }

    private static string CodeOf(LineType type) =>
        $"line_type_{System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(type.ToString())}";

    private static string LineOf(LineType type) => type switch
    {
        LineType.Unknown => "a number of which the numbering plan does not say what kind of line it is",
        LineType.Mobile => "a mobile number",
        LineType.FixedLine => "a fixed-line number",
        LineType.FixedLineOrMobile => "a fixed-line or mobile number",
        LineType.Voip => "an Internet telephony number, which is bought in bulk without a SIM",
        LineType.TollFree => "a toll-free number",
        LineType.PremiumRate => "a premium-rate number",
        LineType.SharedCost => "a shared-cost number",
        LineType.PersonalNumber => "a personal number, which forwards to a line nobody knows",
        LineType.Pager => "a pager",
        LineType.UniversalAccess => "a company's access number",
        LineType.Voicemail => "a voicemail box",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };
}
