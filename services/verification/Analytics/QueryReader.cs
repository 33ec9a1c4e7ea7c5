using FlashCall.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Verification.Analytics;

/// <summary>Reads the parameters of a request and gathers all that is wrong with them. A parameter that is not known is refused: a filter
/// that is misspelled would show more than was asked for.</summary>
internal sealed class QueryReader
{
    private readonly IQueryCollection _query;
    private readonly SortedDictionary<string, string[]> _mistakes = new(StringComparer.Ordinal);

    public QueryReader(IQueryCollection query, IReadOnlyCollection<string> known)
    {
        _query = query;
        foreach (var name in query.Keys.Where(name => !known.Contains(name, StringComparer.Ordinal)))
            Refuse(name, $"There is no such parameter. Known are: {string.Join(", ", known)}.");
    }

    /// <summary>A parameter that is given once.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="usual">What it is where it is not given.</param>
    /// <param name="wanted">What would be right.</param>
    /// <param name="read">Reads it; null where it is wrong.</param>
    public T? One<T>(string name, T? usual, string wanted, Func<string, T?> read) where T : struct
    {
        var given = _query[name].ToArray();
        if (given is [] or [null or ""])
            return usual;
        if (given is [{ } text] && read(text) is { } value)
            return value;
        Refuse(name, given.Length == 1 ? wanted : "Give it once.");
        return usual;
    }

    /// <summary>Whether numbers are asked for in plain.</summary>
    public bool AsksForNumbers() =>
        One<bool>(Sight.Numbers, false, $"Expected {Sight.Plain} or {Sight.Masked}.", Choice(Sight.Plain, Sight.Masked)) == true;

    /// <summary>Reads one of two words.</summary>
    public static Func<string, bool?> Choice(string yes, string no) => text => text == yes ? true : text == no ? false : null;

    /// <summary>A parameter of several values: given several times, or once with commas between them.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="wanted">What would be right.</param>
    /// <param name="isRight">Whether a value is.</param>
    /// <returns>Null where it is not given.</returns>
    public IReadOnlyCollection<string>? Several(string name, string wanted, Func<string, bool> isRight)
    {
        const int Most = 100;
        var values = _query[name].OfType<string>()
            .SelectMany(static text => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Distinct(StringComparer.Ordinal).ToList();
        if (values.Count == 0)
            return null;
        if (values.Count > Most)
            Refuse(name, $"At most {Most} values.");
        else if (!values.TrueForAll(value => isRight(value)))
            Refuse(name, wanted);
        return values;
    }

    /// <summary>Notes that a parameter is wrong.</summary>
    public void Refuse(string name, string wanted) => _mistakes.TryAdd(name, [wanted]);

    /// <summary>What is wrong, every parameter by its name; null where nothing is.</summary>
    public ProblemHttpResult? Problem() => _mistakes.Count == 0 ? null : Problems.Problem(
        422, "validation_failed", "The request is not valid",
        string.Join(" ", _mistakes.Select(static field => $"{field.Key}: {field.Value[0]}")), _mistakes);
}
