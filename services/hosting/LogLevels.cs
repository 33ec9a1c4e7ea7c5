using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace FlashCall.Hosting;

/// <summary>The levels of the log that an operator has set while the process runs. Each falls back by itself to what the settings say, so
/// that none is forgotten and fills a disk.</summary>
internal sealed partial class LogLevels(LogLevelSource source, TimeProvider time, ILogger<LogLevels> logger) : IDisposable
{
    /// <summary>How long a level holds at most.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>How long it holds where nobody says.</summary>
    public static readonly TimeSpan Usual = TimeSpan.FromMinutes(15);

    /// <summary>Levels that are set at once at most.</summary>
    public const int Most = 100;

    /// <summary>The platform's own, the bus, and the driver of the database. What others write, such as the web server, holds whole
    /// addresses and with them numbers, which no log may.</summary>
    private static readonly string[] Roots = ["FlashCall", "MassTransit", "Npgsql"];

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (LogLevel Level, DateTimeOffset Until, ITimer Timer)> _set = new(StringComparer.Ordinal);

    /// <summary>What is set, by category.</summary>
    public IReadOnlyList<SetLogLevel> All
    {
        get
        {
            lock (_lock)
            {
                return
                [
                    .. _set.OrderBy(one => one.Key, StringComparer.Ordinal)
                        .Select(one => new SetLogLevel(one.Key, one.Value.Level.ToString(), one.Value.Until)),
                ];
            }
        }
    }

    /// <summary>Whether the level of a category may be set: <c>FlashCall</c> and what begins with <c>FlashCall.</c>, and so on.</summary>
    public static bool MaySet(string category) => category.Length <= 200
        && category.All(sign => char.IsAsciiLetterOrDigit(sign) || sign is '.' or '_')
        && Roots.Any(root => category == root || category.StartsWith(root + ".", StringComparison.Ordinal));

    /// <summary>Sets the level of a category and all below it.</summary>
    /// <param name="category">One that <see cref="MaySet"/> allows.</param>
    /// <param name="level">The lowest level that is written.</param>
    /// <param name="duration">For how long; more than zero, and at most <see cref="Longest"/>.</param>
    /// <param name="set">What holds now.</param>
    /// <returns>False where too many are set already.</returns>
    public bool TrySet(string category, LogLevel level, TimeSpan duration, [NotNullWhen(true)] out SetLogLevel? set)
    {
        var until = time.GetUtcNow() + duration;
        set = null;
        lock (_lock)
        {
            if (_set.Count >= Most && !_set.ContainsKey(category))
                return false;
            if (_set.Remove(category, out var earlier))
                earlier.Timer.Dispose();
            _set.Add(category, (level, until, time.CreateTimer(_ => Expire(category, until), null, duration, Timeout.InfiniteTimeSpan)));
            source.Set(category, level);
        }
        set = new SetLogLevel(category, level.ToString(), until);
        LogSet(category, level, until);
        return true;
    }

    /// <summary>Lets what the settings say hold again.</summary>
    /// <returns>False where nothing was set.</returns>
    public bool Reset(string category)
    {
        lock (_lock)
        {
            if (!_set.Remove(category, out var was))
                return false;
            was.Timer.Dispose();
            source.Unset(category);
        }
        LogReset(category);
        return true;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var (_, _, timer) in _set.Values)
                timer.Dispose();
            _set.Clear();
        }
    }

    /// <summary>Falls back, unless the level was set anew meanwhile.</summary>
    private void Expire(string category, DateTimeOffset until)
    {
        lock (_lock)
        {
            if (!_set.TryGetValue(category, out var now) || now.Until != until)
                return;
        }
        Reset(category);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The log level of {Category} is {Level} until {Until:O}")]
    private partial void LogSet(string category, LogLevel level, DateTimeOffset until);

    [LoggerMessage(Level = LogLevel.Information, Message = "The log level of {Category} is what the settings say again")]
    private partial void LogReset(string category);
}

/// <summary>A level of the log that an operator has set.</summary>
/// <param name="Category">It holds for this category and those below it.</param>
/// <param name="Level">The lowest level that is written: <c>Trace</c>, <c>Debug</c>, <c>Information</c> …</param>
/// <param name="Until">When it falls back (UTC).</param>
internal sealed record SetLogLevel(string Category, string Level, DateTimeOffset Until);

/// <summary>The levels as settings, above all others: the loggers take up what changes there.</summary>
internal sealed class LogLevelSource : ConfigurationProvider, IConfigurationSource
{
    private const string Prefix = "Logging:LogLevel:";

    /// <inheritdoc/>
    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    /// <summary>Sets the level of a category.</summary>
    public void Set(string category, LogLevel level)
    {
        // Replaced and not changed: loggers may be reading it.
        Data = new Dictionary<string, string?>(Data, StringComparer.OrdinalIgnoreCase) { [Prefix + category] = level.ToString() };
        OnReload();
    }

    /// <summary>Leaves a category to the other settings.</summary>
    public void Unset(string category)
    {
        var rest = new Dictionary<string, string?>(Data, StringComparer.OrdinalIgnoreCase);
        rest.Remove(Prefix + category);
        Data = rest;
        OnReload();
    }
}
