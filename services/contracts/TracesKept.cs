namespace FlashCall.Contracts;

/// <summary>To every process: something failed or was slow in these traces, keep what there is of them. Of help to people who look into a
/// failure, and of no consequence when it is lost.</summary>
public sealed record TracesKept
{
    /// <summary>Traces in one message at most.</summary>
    public const int Most = 500;

    /// <summary>Trace ids (W3C Trace Context): 32 lower-case hexadecimal digits each; at most <see cref="Most"/>.</summary>
    public required IReadOnlyList<string> TraceIds { get; init; }
}
