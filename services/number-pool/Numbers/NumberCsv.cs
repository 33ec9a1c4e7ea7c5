using System.Runtime.CompilerServices;
using CsvHelper;

namespace FlashCall.NumberPool.Numbers;

/// <summary>A line that was not taken.</summary>
/// <param name="Line">Its number in the file, from 1.</param>
/// <param name="Reason">Why, and what would be right. It names no number.</param>
internal sealed record RefusedLine(long Line, string Reason);

/// <summary>What holds for lines that do not say otherwise.</summary>
/// <param name="Trunk">The trunk; null where each line has to name it.</param>
/// <param name="Tags">In order, each once.</param>
internal sealed record NumberDefaults(string? Trunk, string[] Tags);

/// <summary>
/// Numbers in a file with a header and the columns number, trunk, country and tags, in any order, of which number alone has to be there.
/// Fields are separated by commas, semicolons or tabs, as the file has it, and may be quoted (RFC 4180, without line breaks in a field).
/// The text is read as it comes; bad lines are remembered, the first of them with the reason.
/// </summary>
internal sealed class NumberCsv(Stream text, NumberDefaults defaults)
{
    /// <summary>Bytes of a line at most: what is longer is no line, but a file of another kind.</summary>
    private const int LongestLine = 64 * 1024;

    private const int MostKnown = 10_000;

    private static readonly string[] Columns = ["number", "trunk", "country", "tags"];

    private readonly List<RefusedLine> _refused = [];
    private readonly Dictionary<string, string?> _trunks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string[] Tags, string? Mistake)> _tags = new(StringComparer.Ordinal);

    /// <summary>The first lines that were refused.</summary>
    public IReadOnlyList<RefusedLine> Refused => _refused;

    /// <summary>How many were refused.</summary>
    public long RefusedLines { get; private set; }

    /// <summary>Reads the good lines.</summary>
    /// <exception cref="NumberCsvException">The file is none of these.</exception>
    public async IAsyncEnumerable<NewNumbers> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var csv = CsvReader.Create(
            text,
            new CsvReaderOptions
            {
                // One quote too many spoils its own line and not those after it.
                AllowLineBreaksInQuotes = false,
                MalformedData = CsvMalformedDataHandling.Skip,
                FieldCountMismatch = CsvFieldCountHandling.Skip,
                OnMalformedRecord = record => Refuse(record.LineNumber, Spoilt(record.Reason)),
                TrackLineNumbers = true,
                TrimWhitespace = true,
                MaxRecordSize = LongestLine,
                IncludeValuesInExceptions = false,
            },
            leaveOpen: true);
        var columns = await HeaderAsync(csv, cancellationToken);
        while (await AdvanceAsync(csv, cancellationToken))
        {
            // What spreadsheets leave of a row that was emptied.
            if (Enumerable.Range(0, csv.FieldCount).All(field => csv.GetSpan(field).IsEmpty))
                continue;
            if (Read(csv, columns) is { } numbers)
                yield return numbers;
        }
    }

    private static async Task<int[]> HeaderAsync(CsvReader csv, CancellationToken cancellationToken)
    {
        try
        {
            await csv.ReadHeaderAsync(cancellationToken);
        }
        catch (CsvFormatException)
        {
            throw new NumberCsvException(
                "The first line is no header. Give number,trunk,country,tags, of which number alone has to be there.");
        }
        var header = csv.Headers.ToArray().Select(name => name.Trim().ToLowerInvariant()).ToArray();
        if (!header.Contains("number", StringComparer.Ordinal))
        {
            throw new NumberCsvException(
                "The first line has no column 'number'. Begin the file with the header number,trunk,country,tags, of which number alone "
                + "has to be there.");
        }
        if (Array.FindIndex(header, name => !Columns.Contains(name, StringComparer.Ordinal)) is >= 0 and var unknown)
        {
            throw new NumberCsvException(
                $"Column {unknown + 1} of the header is none that is known. Known are: {string.Join(", ", Columns)}.");
        }
        return header.Distinct(StringComparer.Ordinal).Count() == header.Length
            ? [.. Columns.Select(column => Array.IndexOf(header, column))]
            : throw new NumberCsvException("The header names a column twice. Name each once.");
    }

    private static async ValueTask<bool> AdvanceAsync(CsvReader csv, CancellationToken cancellationToken)
    {
        try
        {
            return await csv.ReadAsync(cancellationToken);
        }
        catch (CsvFormatException exception)
        {
            throw new NumberCsvException(
                $"Line {exception.LineNumber} is longer than {LongestLine / 1024} KiB. Give a number on each line.");
        }
    }

    private NewNumbers? Read(CsvReader csv, int[] columns)
    {
        if (!NumberSpan.TryParse(Field(0), out var span, out var problem))
            return Refuse(csv.LineNumber, $"number {problem}");
        if (Trunk(Field(1) is { Length: > 0 } own ? own : defaults.Trunk ?? "", out var trunk) is { } noTrunk)
            return Refuse(csv.LineNumber, $"trunk {noTrunk}");
        if (Tags(Field(3), out var tags) is { } noTags)
            return Refuse(csv.LineNumber, $"tags {noTags}");
        if (!NumberingPlan.TryFindCountry(span, Field(2) is { Length: > 0 } given ? given : null, out var country, out var noCountry))
            return Refuse(csv.LineNumber, $"{(noCountry.IsOfNumber ? "number" : "country")} {noCountry.Text}");
        return new NewNumbers(csv.LineNumber, span, trunk, country, tags);

        string Field(int column) => columns[column] < 0 ? "" : csv.GetString(columns[column]);
    }

    // Most files name a trunk and a few tags over and over.
    private string? Trunk(string given, out string trunk)
    {
        trunk = given;
        if (_trunks.TryGetValue(given, out var mistake))
            return mistake;
        if (_trunks.Count >= MostKnown)
            _trunks.Clear();
        return _trunks[given] = NumberWords.MistakeInTrunk(given);
    }

    private string? Tags(string given, out string[] tags)
    {
        if (given.Length == 0)
        {
            tags = defaults.Tags;
            return null;
        }
        if (!_tags.TryGetValue(given, out var known))
        {
            if (_tags.Count >= MostKnown)
                _tags.Clear();
            known.Mistake = NumberWords.ReadTags(given, out known.Tags);
            _tags[given] = known;
        }
        tags = known.Tags;
        return known.Mistake;
    }

    private NewNumbers? Refuse(long line, string reason)
    {
        RefusedLines++;
        if (_refused.Count < NumberIntake.MostReported)
            _refused.Add(new RefusedLine(line, reason));
        return null;
    }

    private static string Spoilt(CsvMalformedReason reason) => reason switch
    {
        CsvMalformedReason.FieldCountMismatch => "The line has more or fewer fields than the header.",
        CsvMalformedReason.StrayQuote or CsvMalformedReason.TextAfterClosingQuote or CsvMalformedReason.UnterminatedQuote
            or CsvMalformedReason.LineBreakInQuotes =>
            "The line has a quotation mark that does not begin or end a field. Write it twice within quotation marks, or leave it out.",
        _ => "The line cannot be read.",
    };
}

/// <summary>The file holds no numbers in the form that is expected; the message says what would be right.</summary>
internal sealed class NumberCsvException(string message) : Exception(message);
