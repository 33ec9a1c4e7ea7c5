using System.Text.Json;
using FlashCall.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.NumberPool.Numbers.Operations;

/// <summary>Collects what is wrong with a request, so that an operator is told all of it at once.</summary>
internal sealed class NumberMistakes
{
    /// <summary>Spans that one request may name.</summary>
    public const int MostSpans = 10_000;

    private const int MostTold = 100;
    private const int LongestReason = 500;

    private readonly Dictionary<string, List<string>> _errors = new(StringComparer.Ordinal);

    /// <summary>Whether nothing is wrong so far.</summary>
    public bool None => _errors.Count == 0;

    /// <summary>Notes a mistake.</summary>
    /// <param name="field">The field, as the request spells it.</param>
    /// <param name="text">What is wrong and what would be right, as it goes on after the field's name; it names no number.</param>
    public void Add(string field, string text)
    {
        if (_errors.TryGetValue(field, out var texts))
            texts.Add(text);
        else if (_errors.Count < MostTold)
            _errors[field] = [text];
    }

    /// <summary>Notes each field that is none.</summary>
    public void RefuseUnknown(IDictionary<string, JsonElement>? unknown, string known)
    {
        foreach (var name in unknown?.Keys ?? [])
            Add(name, $"is no field here. Known are: {known}.");
    }

    /// <summary>Reads the spans of a request, in its order.</summary>
    public List<NumberSpan> ReadSpans(IReadOnlyList<string?>? texts)
    {
        var spans = new List<NumberSpan>();
        if (texts is null or { Count: 0 })
        {
            Add("numbers", $"is missing. Give a list. {NumberSpan.Form}");
        }
        else if (texts.Count > MostSpans)
        {
            Add("numbers", $"has too many. Give at most {MostSpans} numbers or spans at once, or import them as CSV.");
        }
        else
        {
            for (var i = 0; i < texts.Count; i++)
            {
                if (NumberSpan.TryParse(texts[i], out var span, out var problem))
                    spans.Add(span);
                else
                    Add($"numbers[{i}]", problem);
            }
        }
        return spans;
    }

    /// <summary>Reads why an operator does something.</summary>
    public string ReadReason(string? reason)
    {
        if (string.IsNullOrWhiteSpace(reason))
            Add("reason", "is missing. Say why, for those who look at the numbers later.");
        else if (reason.Length > LongestReason || reason.Any(char.IsControl))
            Add("reason", $"is no reason. Give 1 to {LongestReason} characters without control characters.");
        return reason?.Trim() ?? "";
    }

    /// <summary>The mistakes as a response.</summary>
    public ProblemHttpResult ToProblem()
    {
        var errors = _errors.ToDictionary(field => field.Key, field => field.Value.ToArray(), StringComparer.Ordinal);
        var detail = string.Join(" ", errors.Take(3).Select(field => $"{field.Key}: {string.Join(" ", field.Value)}"))
            + (errors.Count > 3 ? " And more: see errors." : "");
        return Problems.Problem(422, "validation_failed", "The request is not valid", detail, errors);
    }
}
