using System.Net;
using FlashCall.Hosting;
using MaxMind.Db;

namespace FlashCall.Fraud.Assessments;

/// <summary>
/// Where addresses are, from a file in MaxMind's DB format (<c>Fraud:AddressCountries</c>) with the country as GeoLite2-Country,
/// DB-IP and others have it. Looked up at the edge, so that the engine is given the answer. A file that changes is read anew within ten
/// seconds; put a new one in place by renaming it, so that nobody reads half of it. Without the setting no address has a country.
/// </summary>
internal sealed partial class AddressCountries : BackgroundService
{
    /// <summary>The setting.</summary>
    public const string Setting = "Fraud:AddressCountries";

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);
    private readonly string? _file;
    private readonly TimeProvider _time;
    private readonly ILogger<AddressCountries> _logger;
    private volatile Reader? _reader;
    private (DateTime Changed, long Length) _seen;

    /// <param name="configuration">The settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Says what was read.</param>
    /// <exception cref="SettingsException">The file cannot be read, or is none of this format.</exception>
    public AddressCountries(IConfiguration configuration, TimeProvider time, ILogger<AddressCountries> logger)
    {
        (_time, _logger) = (time, logger);
        if (configuration[Setting] is not { Length: > 0 } file)
            return;
        _file = file;
        try
        {
            Read(file);
        }
        catch (Exception exception) when (IsUnreadable(exception))
        {
            throw new SettingsException(SettingName.Of(Setting),
                $"names the file '{file}', which cannot be read as a MaxMind DB: {exception.Message} Give the path of a country database "
                + "(.mmdb), or leave the setting out.");
        }
    }

    /// <summary>The country of an address, ISO 3166-1 alpha-2; null where it is not known.</summary>
    /// <param name="ip">IPv4 or IPv6 text, or null.</param>
    public string? Of(string? ip) =>
        _reader is { } reader && IPAddress.TryParse(ip, out var address)
            && reader.Find<Dictionary<string, object>>(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address) is { } found
            && found.TryGetValue("country", out var country) && country is IDictionary<string, object> fields
            && fields.TryGetValue("iso_code", out var code)
            ? code as string
            : null;

    /// <summary>Reads the file anew if it has changed; one that cannot be read changes nothing.</summary>
    /// <returns>True if it was read.</returns>
    public bool Refresh()
    {
        if (_file is null)
            return false;
        try
        {
            return StampOf(_file) != _seen && Read(_file);
        }
        catch (Exception exception) when (IsUnreadable(exception))
        {
            LogUnreadable(exception, _file);
            return false;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_file is null)
            return;
        using var timer = new PeriodicTimer(LookEvery, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            Refresh();
    }

    private bool Read(string file)
    {
        var stamp = StampOf(file);
        // In memory: the file may be replaced while requests look into it.
        _reader = new Reader(file, FileAccessMode.Memory);
        _seen = stamp;
        LogRead(file, _reader.Metadata.BuildDate);
        return true;
    }

    private static (DateTime Changed, long Length) StampOf(string file) => (File.GetLastWriteTimeUtc(file), new FileInfo(file).Length);

    private static bool IsUnreadable(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or InvalidDatabaseException;

    [LoggerMessage(Level = LogLevel.Information, Message = "Countries of addresses are looked up in {File}, built {Built:u}")]
    private partial void LogRead(string file, DateTime built);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{File} has changed and cannot be read; countries of addresses are looked up in what it held before")]
    private partial void LogUnreadable(Exception exception, string file);
}
