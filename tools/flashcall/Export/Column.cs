namespace FlashCall.Cli.Export;

/// <summary>A column of an export.</summary>
/// <param name="Name">Its name, in snake_case.</param>
/// <param name="Kind">What its values are; any of them may be missing.</param>
internal sealed record Column(string Name, ColumnKind Kind);

/// <summary>What the values of a column are.</summary>
internal enum ColumnKind
{
    /// <summary><see cref="string"/>.</summary>
    Text,

    /// <summary><see cref="long"/>.</summary>
    Whole,

    /// <summary><see cref="double"/>.</summary>
    Real,

    /// <summary><see cref="bool"/>.</summary>
    Truth,

    /// <summary><see cref="DateTime"/> (UTC).</summary>
    Time,
}
