using System.Globalization;
using FlashCall.Hosting;
using FluentValidation.Results;

namespace FlashCall.Dialer.Trunks;

/// <summary>Reads trunks from the settings: <c>Trunks:0:Name</c>, <c>Trunks:0:Addresses:0</c> and so on.</summary>
internal sealed class TrunkSettings(SettingsMistakes mistakes)
{
    private static readonly TimeSpan LongestDuration = TimeSpan.FromDays(1);

    /// <summary>The trunks as far as they are right; what is wrong is noted.</summary>
    public IReadOnlyList<TrunkDocument> Read(IConfigurationSection section)
    {
        mistakes.RefuseScalar(section, "a list of trunks, such as [{ \"Name\": \"demo\", \"Addresses\": [\"127.0.0.1:5080\"] }]");
        var trunks = new List<TrunkDocument>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var validator = new TrunkValidator();
        foreach (var entry in section.GetChildren())
        {
            var trunk = ReadTrunk(entry);
            var result = validator.Validate(trunk);
            foreach (var error in result.Errors)
                mistakes.Add($"{entry.Path}:{PathOf(error)}", error.ErrorMessage);
            if (trunk.Name is not null && !names.Add(trunk.Name))
                mistakes.Add($"{entry.Path}:{nameof(Trunk.Name)}", $"is '{trunk.Name}', which another trunk has. Give each its own.");
            else if (result.IsValid)
                trunks.Add(trunk);
        }
        return trunks;
    }

    private TrunkDocument ReadTrunk(IConfigurationSection entry)
    {
        mistakes.RefuseUnknown(
            entry, nameof(Trunk.Name), nameof(Trunk.Transport), nameof(Trunk.Addresses), nameof(Trunk.Credentials), nameof(Trunk.Tls),
            nameof(Trunk.CallerIdFormat), nameof(Trunk.Domain), nameof(Trunk.Headers), nameof(Trunk.CallerIds), nameof(Trunk.Destinations),
            nameof(Trunk.Currency), nameof(Trunk.CallsPerSecond), nameof(Trunk.Burst), nameof(Trunk.Channels), nameof(Trunk.RingTime),
            nameof(Trunk.PostDialDelayCap), nameof(Trunk.Priority), nameof(Trunk.Weight), nameof(Trunk.AllowRedirects),
            nameof(Trunk.LogMessages), nameof(Trunk.OptionsInterval));
        return new TrunkDocument
        {
            Name = Text(entry, nameof(Trunk.Name)),
            Transport = Text(entry, nameof(Trunk.Transport)),
            Addresses = Texts(entry.GetSection(nameof(Trunk.Addresses)), "a list of addresses, such as [\"sip.carrier.example\"]"),
            Credentials = ReadCredentials(entry.GetSection(nameof(Trunk.Credentials))),
            Tls = ReadTls(entry.GetSection(nameof(Trunk.Tls))),
            CallerIdFormat = Text(entry, nameof(Trunk.CallerIdFormat)),
            Domain = Text(entry, nameof(Trunk.Domain)),
            Headers = ReadHeaders(entry.GetSection(nameof(Trunk.Headers))),
            CallerIds = Texts(entry.GetSection(nameof(Trunk.CallerIds)), "a list of ranges, such as [\"+44207946xxxx\"]"),
            Destinations = ReadDestinations(entry.GetSection(nameof(Trunk.Destinations))),
            Currency = Text(entry, nameof(Trunk.Currency)),
            CallsPerSecond = Value<double>(entry, nameof(Trunk.CallsPerSecond), "a number, such as 2.5"),
            Burst = Value<int>(entry, nameof(Trunk.Burst), "a whole number"),
            Channels = Value<int>(entry, nameof(Trunk.Channels), "a whole number"),
            RingTime = Time(entry, nameof(Trunk.RingTime)),
            PostDialDelayCap = Time(entry, nameof(Trunk.PostDialDelayCap)),
            Priority = Value<int>(entry, nameof(Trunk.Priority), "a whole number"),
            Weight = Value<int>(entry, nameof(Trunk.Weight), "a whole number"),
            AllowRedirects = Flag(entry, nameof(Trunk.AllowRedirects)),
            LogMessages = Flag(entry, nameof(Trunk.LogMessages)),
            OptionsInterval = Time(entry, nameof(Trunk.OptionsInterval)),
        };
    }

    private TrunkDocument.CredentialsDocument? ReadCredentials(IConfigurationSection section)
    {
        if (!section.Exists())
            return null;
        mistakes.RefuseScalar(section, "a user name and a password");
        mistakes.RefuseUnknown(section, nameof(TrunkCredentials.Username), nameof(TrunkCredentials.Password));
        return new TrunkDocument.CredentialsDocument
        {
            Username = Text(section, nameof(TrunkCredentials.Username)),
            // A file of the secrets' folder ends with a line break more often than a password does.
            Password = new SecretText(Text(section, nameof(TrunkCredentials.Password))?.TrimEnd('\r', '\n')),
        };
    }

    private TrunkDocument.TlsDocument? ReadTls(IConfigurationSection section)
    {
        if (!section.Exists())
            return null;
        mistakes.RefuseScalar(section, "a section with what TLS needs, such as { \"ServerName\": \"sip.carrier.example\" }");
        mistakes.RefuseUnknown(
            section, nameof(TrunkTls.ServerName), nameof(TrunkTls.CaCertificates), nameof(TrunkTls.ClientCertificate),
            nameof(TrunkTls.ClientKey));
        return new TrunkDocument.TlsDocument
        {
            ServerName = Text(section, nameof(TrunkTls.ServerName)),
            CaCertificates = Text(section, nameof(TrunkTls.CaCertificates)),
            ClientCertificate = Text(section, nameof(TrunkTls.ClientCertificate)),
            ClientKey = new SecretText(Text(section, nameof(TrunkTls.ClientKey))),
        };
    }

    private Dictionary<string, string?>? ReadHeaders(IConfigurationSection section)
    {
        mistakes.RefuseScalar(section, "header fields by name, such as { \"X-Account\": \"4711\" }");
        return section.GetChildren().Any()
            ? section.GetChildren().ToDictionary(header => header.Key, header => header.Value, StringComparer.OrdinalIgnoreCase)
            : null;
    }

    private List<TrunkDocument.DestinationDocument?>? ReadDestinations(IConfigurationSection section)
    {
        mistakes.RefuseScalar(section, "a list of destinations, such as [{ \"Prefix\": \"+44\" }]");
        var destinations = new List<TrunkDocument.DestinationDocument?>();
        foreach (var entry in section.GetChildren())
        {
            mistakes.RefuseScalar(entry, "a destination, such as { \"Prefix\": \"+44\" }");
            mistakes.RefuseUnknown(entry, nameof(Destination.Prefix), nameof(Destination.Price));
            destinations.Add(new TrunkDocument.DestinationDocument
            {
                Prefix = Text(entry, nameof(Destination.Prefix)),
                Price = Value<decimal>(entry, nameof(Destination.Price), "a number, such as 0.004"),
            });
        }
        return destinations.Count > 0 ? destinations : null;
    }

    private List<string?>? Texts(IConfigurationSection section, string expected)
    {
        mistakes.RefuseScalar(section, expected);
        var texts = section.GetChildren().Select(entry => entry.Value).ToList();
        return texts.Count > 0 ? texts : null;
    }

    /// <summary>An empty setting is how the environment leaves one out.</summary>
    private static string? Text(IConfigurationSection section, string name) => section[name] is { Length: > 0 } text ? text : null;

    private T? Value<T>(IConfigurationSection section, string name, string expected)
        where T : struct, ISpanParsable<T>
    {
        if (Text(section, name) is not { } text)
            return null;
        if (T.TryParse(text, CultureInfo.InvariantCulture, out var value))
            return value;
        mistakes.Add($"{section.Path}:{name}", $"is '{text}'. Give {expected}.");
        return null;
    }

    private bool? Flag(IConfigurationSection section, string name)
    {
        if (Text(section, name) is not { } text)
            return null;
        if (bool.TryParse(text, out var flag))
            return flag;
        mistakes.Add($"{section.Path}:{name}", $"is '{text}'. Give true or false.");
        return null;
    }

    private TimeSpan? Time(IConfigurationSection section, string name) =>
        Text(section, name) is not null && mistakes.TryReadDuration(section.GetSection(name), TimeSpan.Zero, LongestDuration, out var time)
            ? time
            : null;

    /// <summary>Where the validator's <c>Destinations[0].Prefix</c> stands in the settings.</summary>
    private static string PathOf(ValidationFailure error) => error.PropertyName
        .Replace("[", ":", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal).Replace('.', ':');
}
