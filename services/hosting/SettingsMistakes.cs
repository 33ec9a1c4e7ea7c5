using System.Buffers.Text;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;

namespace FlashCall.Hosting;

/// <summary>
/// Reads settings and collects what is wrong with them, so that an operator is told all of it at the first start. Paths are those of
/// configuration (<c>Fraud:Thresholds:Block</c>); what is said names settings as the environment spells them.
/// </summary>
public sealed class SettingsMistakes
{
    private readonly List<SettingsException> _mistakes = [];

    /// <summary>Notes a wrong setting.</summary>
    /// <param name="path">The setting's full path.</param>
    /// <param name="problem">What is wrong and what would be right, as it goes on after the name: <c>is 'high'. Give …</c>
    /// Never the value of a setting that may hold a secret.</param>
    public void Add(string path, string problem) => Add(new SettingsException(SettingName.Of(path), problem));

    /// <summary>Notes a mistake that was found elsewhere.</summary>
    public void Add(SettingsException mistake) => _mistakes.Add(mistake);

    /// <summary>Refuses every other name: a misspelt setting would otherwise be the default, unnoticed.</summary>
    /// <param name="section">A section.</param>
    /// <param name="known">The names that it may hold.</param>
    public void RefuseUnknown(IConfigurationSection section, params string[] known)
    {
        foreach (var child in section.GetChildren().Where(child => !known.Contains(child.Key, StringComparer.OrdinalIgnoreCase)))
            Add(child.Path, $"is no setting. Known here: {string.Join(", ", known)}.");
    }

    /// <summary>Refuses a single value where a list or a section belongs, which would otherwise be read as an empty one.</summary>
    /// <param name="section">The list or section.</param>
    /// <param name="expected">What it has to be: <c>a list of …, such as ["SE", "GB"]</c>.</param>
    public void RefuseScalar(IConfigurationSection section, string expected)
    {
        if (section.Value is { Length: > 0 } text)
            Add(section.Path, $"is '{text}'. Give {expected}.");
    }

    /// <summary>Reads a key of <see cref="SealedBox.KeySize"/> bytes in base64.</summary>
    /// <param name="setting">The key.</param>
    /// <param name="isRequired">Whether it must be there.</param>
    /// <returns>Null where it is left out or wrong.</returns>
    public byte[]? ReadKey(IConfigurationSection setting, bool isRequired)
    {
        const string Form = "Give 32 random bytes in base64, as 'openssl rand -base64 32' makes, the same to all replicas.";
        if (setting.Value?.Trim() is not { Length: > 0 } text)
        {
            if (isRequired)
                Add(setting.Path, $"is missing. {Form}");
            return null;
        }
        var key = new byte[SealedBox.KeySize];
        if (text.Length == Base64.GetMaxEncodedToUtf8Length(key.Length)
            && Convert.TryFromBase64String(text, key, out var length) && length == key.Length)
        {
            return key;
        }
        Add(setting.Path, $"is not a key. {Form}");
        return null;
    }

    /// <summary>Reads a duration that may be left out.</summary>
    /// <param name="setting">The duration, as <see cref="Duration"/> has it.</param>
    /// <param name="otherwise">What it is when nothing is set.</param>
    /// <param name="shortest">The shortest duration allowed.</param>
    /// <param name="longest">The longest duration allowed.</param>
    /// <returns>The duration; <paramref name="otherwise"/> where it is left out or wrong.</returns>
    public TimeSpan ReadDuration(IConfigurationSection setting, TimeSpan otherwise, TimeSpan shortest, TimeSpan longest) =>
        setting.Value is { Length: > 0 } && TryReadDuration(setting, shortest, longest, out var duration) ? duration : otherwise;

    /// <summary>Reads a duration that has to be there.</summary>
    /// <param name="setting">The duration, as <see cref="Duration"/> has it.</param>
    /// <param name="shortest">The shortest duration allowed.</param>
    /// <param name="longest">The longest duration allowed.</param>
    /// <param name="duration">The duration, zero where there is none.</param>
    /// <returns>False where it is missing, no duration or out of range, which is then noted.</returns>
    public bool TryReadDuration(IConfigurationSection setting, TimeSpan shortest, TimeSpan longest, out TimeSpan duration)
    {
        if (Duration.TryParse(setting.Value, out duration) && duration >= shortest && duration <= longest)
            return true;
        duration = TimeSpan.Zero;
        Add(setting.Path, $"{Said(setting)}. Give {Duration.Write(shortest)} to {Duration.Write(longest)} as {Duration.Form}.");
        return false;
    }

    /// <summary>Reads a whole number that may be left out.</summary>
    /// <param name="setting">The number, in decimal digits.</param>
    /// <param name="otherwise">What it is when nothing is set.</param>
    /// <param name="lowest">The lowest number allowed, not negative.</param>
    /// <param name="highest">The highest number allowed.</param>
    /// <returns>The number; <paramref name="otherwise"/> where it is left out or wrong.</returns>
    public int ReadNumber(IConfigurationSection setting, int otherwise, int lowest, int highest)
    {
        if (setting.Value is not { Length: > 0 } text)
            return otherwise;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= lowest && number <= highest)
            return number;
        Add(setting.Path, $"{Said(setting)}. Give a whole number from {lowest} to {highest}.");
        return otherwise;
    }

    /// <summary>Reads an IP address and a port to listen on, which may be left out.</summary>
    /// <param name="setting">The address: <c>0.0.0.0:9464</c>, <c>[::]:9464</c>.</param>
    /// <param name="example">The port of the examples that a mistake is answered with.</param>
    /// <returns>Null where it is left out or wrong.</returns>
    public IPEndPoint? ReadListen(IConfigurationSection setting, int example)
    {
        if (setting.Value is not { Length: > 0 } text)
            return null;
        // IPEndPoint.TryParse takes a bare address as port 0; listening somewhere by accident is worse than being told. Of an IPv6 address
        // only what follows the brackets is a port.
        var colon = text.LastIndexOf(':');
        var hasPort = colon > text.LastIndexOf(']') && (text[0] == '[' || text.IndexOf(':', StringComparison.Ordinal) == colon);
        if (hasPort && IPEndPoint.TryParse(text, out var endPoint))
            return endPoint;
        Add(setting.Path, $"is '{text}'. Give an IP address and a port, such as 0.0.0.0:{example} or [::]:{example}.");
        return null;
    }

    /// <summary>Ends the reading.</summary>
    /// <exception cref="SettingsException">There were mistakes; the message has one line for each.</exception>
    public void ThrowIfAny()
    {
        if (_mistakes.Count > 0)
            throw new SettingsException(_mistakes);
    }

    private static string Said(IConfigurationSection setting) => setting.Value is { Length: > 0 } text ? $"is '{text}'" : "is missing";
}
