using System.Globalization;
using System.Text;
using System.Text.Json;
using Npgsql;
using PhoneNumbers;
using PhoneNumber = FlashCall.Contracts.PhoneNumber;

namespace FlashCall.EventLog;

/// <summary>A filter as SQL. COPY takes no parameters, so what is asked for is handed over as a setting of the connection, and the
/// statement has nothing of it in itself but which questions there are.</summary>
internal sealed class Selection
{
    private const string Setting = "flashcall.event_filter";
    private const string Asked = $"current_setting('{Setting}')::jsonb";

    private const int MostKnown = 4096;

    private readonly EventFilter _filter;
    private readonly string _conditions;
    private readonly string[]? _callees;
    private readonly HashSet<string>? _countries;

    /// <summary>Whether the numbers that were looked at last are wanted: the events of a session come close to each other.</summary>
    private readonly Dictionary<string, bool> _known = new(StringComparer.Ordinal);

    public Selection(EventFilter filter)
    {
        _filter = filter;
        if (filter.Countries is { } countries)
        {
            var codes = countries.Select(country => (Country: country, Code: CodeOf(country))).ToList();
            _callees = [.. codes.Select(static one => one.Country == "ZZ" ? PhoneNumber.Erased.E164 : one.Code + "%")];
            // A calling code that several countries have does not say which one it is: the number does.
            if (codes.Any(static one => IsShared(one.Code)))
                _countries = countries.ToHashSet(StringComparer.Ordinal);
        }
        _conditions = Conditions();
    }

    /// <summary>Whether a row is wanted, by its last column, the number; null where every row is that PostgreSQL sends.</summary>
    public Func<ReadOnlySpan<byte>, bool>? Fits => _countries is null ? null : IsWanted;

    /// <summary>Hands over what is asked for.</summary>
    public async Task PrepareAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        _known.Clear();
        await using var command = new NpgsqlCommand("select set_config($1, $2, false)", connection)
        {
            Parameters =
            {
                new() { Value = Setting },
                new()
                {
                    Value = JsonSerializer.Serialize(new
                    {
                        from = _filter.From?.UtcDateTime,
                        to = _filter.To?.UtcDateTime,
                        types = _filter.Types,
                        applications = _filter.Applications,
                        purposes = _filter.Purposes,
                        callees = _callees,
                        countries = _filter.Countries,
                        streams = _filter.Streams,
                    }),
                },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The statement for a stretch of the log.</summary>
    public string Sql(long after, long through) => string.Create(CultureInfo.InvariantCulture,
        $"""
        copy (
            select {CopiedRows.Columns}{(_countries is null ? "" : ", session.callee")}
            from {CopiedRows.Source} {_conditions} and e.seq_id > {after} and e.seq_id <= {through}
            order by e.seq_id)
        to stdout (format binary)
        """);

    private string Conditions()
    {
        var sql = new StringBuilder();
        if (_filter.AsksOfSession)
        {
            // By the key, one by one: planned as a join, and for a table that was never analysed, all sessions would be read each time.
            sql.Append("join lateral (select v.callee from verifications v where v.id = e.stream_id");
            AnyOf(_filter.Applications, "v.application_id =", "applications");
            AnyOf(_filter.Purposes, "v.purpose =", "purposes");
            if (_callees is not null)
            {
                sql.Append(" and (false");
                AnyOf(_callees, "v.callee like", "callees", or: true);
                // What is kept of a number that was erased.
                AnyOf(_filter.Countries, "v.callee = 'erased' and v.erased_region =", "countries", or: true);
                sql.Append(')');
            }
            sql.Append(" limit 1) session on true ");
        }
        sql.Append("where true");
        AnyOf(_filter.Types, "e.type =", "types");
        AnyOf(_filter.Streams, "e.stream_id =", "streams", "::uuid");
        if (_filter.From is not null)
            sql.Append($" and e.timestamp >= (select ({Asked} ->> 'from')::timestamptz)");
        if (_filter.To is not null)
            sql.Append($" and e.timestamp < (select ({Asked} ->> 'to')::timestamptz)");
        return sql.ToString();

        void AnyOf(object? wanted, string column, string name, string cast = "", bool or = false)
        {
            if (wanted is null)
                return;
            sql.Append(or ? " or " : " and ");
            sql.Append($"{column} any (array(select one{cast} from jsonb_array_elements_text({Asked} -> '{name}') one))");
        }
    }

    private bool IsWanted(ReadOnlySpan<byte> callee)
    {
        var e164 = Encoding.UTF8.GetString(callee);
        // PostgreSQL has gone by what is kept of it.
        if (e164 == PhoneNumber.Erased.E164)
            return true;
        if (_known.TryGetValue(e164, out var wanted))
            return wanted;
        wanted = _countries!.Contains(Country(e164));
        if (_known.Count == MostKnown)
            _known.Clear();
        _known[e164] = wanted;
        return wanted;
    }

    private static string Country(string e164)
    {
        var numbering = PhoneNumberUtil.GetInstance();
        var parsed = numbering.Parse(e164, defaultRegion: null);
        return numbering.GetRegionCodeForNumber(parsed) is { Length: 2 } region
            ? region
            : string.Create(CultureInfo.InvariantCulture, $"+{parsed.CountryCode}");
    }

    private static string CodeOf(string country) => country.StartsWith('+') ? country
        : string.Create(CultureInfo.InvariantCulture, $"+{PhoneNumberUtil.GetInstance().GetCountryCodeForRegion(country)}");

    private static bool IsShared(string code) =>
        int.TryParse(code.AsSpan(1), CultureInfo.InvariantCulture, out var number)
        && PhoneNumberUtil.GetInstance().GetRegionCodesForCountryCode(number).Count > 1;
}
