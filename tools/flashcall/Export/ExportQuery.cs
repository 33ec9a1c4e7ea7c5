using FlashCall.EventLog;

namespace FlashCall.Cli.Export;

/// <summary>Which events an export reads.</summary>
internal sealed record ExportQuery
{
    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? To { get; init; }

    public IReadOnlyList<string> Types { get; init; } = [];

    public IReadOnlyList<string> Applications { get; init; } = [];

    public IReadOnlyList<string> Purposes { get; init; } = [];

    public IReadOnlyList<string> Countries { get; init; } = [];

    /// <summary>Whether numbers are asked for in plain.</summary>
    public bool IsPlain { get; init; }

    /// <summary>The address that streams them.</summary>
    public string Address(long after)
    {
        var parameters = new List<string> { FormattableString.Invariant($"after={after}") };
        Add("from", From is { } from ? [ExportTime.Text(from.UtcDateTime)] : []);
        Add("to", To is { } to ? [ExportTime.Text(to.UtcDateTime)] : []);
        Add("type", Types);
        Add("application", Applications);
        Add("purpose", Purposes);
        Add("country", Countries);
        if (IsPlain)
            parameters.Add("numbers=plain");
        return $"v1/analytics/events?{string.Join('&', parameters)}";

        void Add(string name, IEnumerable<string> values) =>
            parameters.AddRange(values.Select(value => $"{name}={Uri.EscapeDataString(value)}"));
    }

    /// <summary>The address of the funnel's rows of a part of the span.</summary>
    /// <param name="from">A whole hour.</param>
    /// <param name="to">A later one.</param>
    /// <param name="withTrunks">Whether rows are of a trunk.</param>
    public string FunnelAddress(DateTimeOffset from, DateTimeOffset to, bool withTrunks)
    {
        var parameters = new List<string>
        {
            $"from={ExportTime.Text(from.UtcDateTime)}", $"to={ExportTime.Text(to.UtcDateTime)}",
            $"groupBy=hour,application,purpose,country,prefix{(withTrunks ? ",trunk" : "")}",
        };
        Add("application", Applications);
        Add("purpose", Purposes);
        Add("country", Countries);
        return $"v1/analytics/funnel?{string.Join('&', parameters)}";

        void Add(string name, IEnumerable<string> values) =>
            parameters.AddRange(values.Select(value => $"{name}={Uri.EscapeDataString(value)}"));
    }

    /// <summary>The same for the database itself.</summary>
    public EventFilter Filter() => new()
    {
        From = From,
        To = To,
        Types = Types.Count > 0 ? Types : null,
        Applications = Applications.Count > 0 ? Applications : null,
        Purposes = Purposes.Count > 0 ? Purposes : null,
        Countries = Countries.Count > 0 ? Countries : null,
    };
}
