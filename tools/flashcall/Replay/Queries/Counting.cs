using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace FlashCall.Replay;

/// <summary>Counts events by what an expression makes of them; an event of which it makes null is not counted.</summary>
/// <param name="group">The expression: a value, or a tuple of several.</param>
public abstract class Counting(Func<Event, object?> group) : Query<Dictionary<string, long>>
{
    /// <inheritdoc/>
    public override void Apply(Dictionary<string, long> state, Event happened)
    {
        var key = group(happened) switch
        {
            null => null,
            ITuple several => JsonSerializer.Serialize(Enumerable.Range(0, several.Length).Select(index => Text(several[index]))),
            var one => JsonSerializer.Serialize<string[]>([Text(one)]),
        };
        if (key is not null)
            state[key] = state.GetValueOrDefault(key) + 1;
    }

    /// <inheritdoc/>
    public override IEnumerable<object> Rows(Dictionary<string, long> state) => state
        .OrderByDescending(group => group.Value).ThenBy(group => group.Key, StringComparer.Ordinal)
        .Select(group =>
        {
            var row = new Dictionary<string, object>(StringComparer.Ordinal);
            var keys = JsonSerializer.Deserialize<string[]>(group.Key)!;
            for (var index = 0; index < keys.Length; index++)
                row[keys.Length == 1 ? "group" : string.Create(CultureInfo.InvariantCulture, $"group{index + 1}")] = keys[index];
            row["events"] = group.Value;
            return row;
        });

    private static string Text(object? value) => value switch
    {
        null => "",
        DateTimeOffset time => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss'Z'", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(format: null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
