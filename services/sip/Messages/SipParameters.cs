using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace FlashCall.Sip;

/// <summary>One parameter: <c>;name</c> or <c>;name=value</c>.</summary>
/// <param name="Name">Compared without regard to case.</param>
/// <param name="Value">As written, a quoted string with its quotes; null if there is no equals sign.</param>
public readonly record struct SipParameter(string Name, string? Value);

/// <summary>Parameters behind a header value or a URI, in their order. Immutable.</summary>
public sealed class SipParameters : IReadOnlyList<SipParameter>
{
    private readonly SipParameter[] _parameters;

    private SipParameters(SipParameter[] parameters) => _parameters = parameters;

    /// <summary>None.</summary>
    public static SipParameters Empty { get; } = new([]);

    /// <inheritdoc/>
    public int Count => _parameters.Length;

    /// <inheritdoc/>
    public SipParameter this[int index] => _parameters[index];

    /// <summary>The value of the first parameter with this name; null if there is none or it has no value.</summary>
    public string? this[string name]
    {
        get
        {
            var index = IndexOf(name);
            return index < 0 ? null : _parameters[index].Value;
        }
    }

    /// <summary>Whether a parameter of this name is there, with or without a value.</summary>
    public bool Contains(string name) => IndexOf(name) >= 0;

    /// <summary>The same parameters with one set: in its place if it was there, else at the end.</summary>
    /// <exception cref="ArgumentException">The name or the value cannot stand in a SIP message.</exception>
    public SipParameters With(string name, string? value)
    {
        if (!SipText.IsToken(name) || (value is not null && !SipText.IsParameterValue(value)))
        {
            throw new ArgumentException(
                "A parameter is a token, and its value a token, a host or a quoted string (RFC 3261 §25.1).", nameof(value));
        }
        var index = IndexOf(name);
        var parameters = new SipParameter[index < 0 ? Count + 1 : Count];
        _parameters.CopyTo(parameters, 0);
        parameters[index < 0 ? Count : index] = new SipParameter(name, value);
        return new SipParameters(parameters);
    }

    /// <summary>Reads <c>;a=b;c</c>, blanks allowed around each part. Nothing at all is no parameters.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out SipParameters? parameters)
    {
        parameters = Empty;
        text = SipText.Trim(text);
        if (text.IsEmpty)
            return true;
        parameters = null;
        var list = new List<SipParameter>(4);
        while (!text.IsEmpty)
        {
            if (!TryTake(ref text, out var name, out var value, out var hasValue))
                return false;
            list.Add(new SipParameter(NameOf(name), hasValue ? value.ToString() : null));
        }
        parameters = new SipParameters([.. list]);
        return true;
    }

    /// <summary>What the parameters of a URI mean: without their escapes, which those of header fields do not have (RFC 3261
    /// §25.1).</summary>
    internal SipParameters Unescaped() => Array.Exists(_parameters, IsEscaped)
        ? new SipParameters(Array.ConvertAll(_parameters, escaped => new SipParameter(
            Uri.UnescapeDataString(escaped.Name), escaped.Value is null ? null : Uri.UnescapeDataString(escaped.Value))))
        : this;

    /// <summary>Whether <see cref="TryParse"/> would read the text.</summary>
    internal static bool IsValid(ReadOnlySpan<char> text)
    {
        text = SipText.Trim(text);
        while (!text.IsEmpty)
        {
            if (!TryTake(ref text, out _, out _, out _))
                return false;
        }
        return true;
    }

    /// <summary>Finds the first parameter of this name in a text that <see cref="TryParse"/> would read.</summary>
    internal static bool TryFind(ReadOnlySpan<char> text, ReadOnlySpan<char> name, out ReadOnlySpan<char> value)
    {
        text = SipText.Trim(text);
        while (!text.IsEmpty && TryTake(ref text, out var found, out value, out var hasValue))
        {
            if (found.Equals(name, StringComparison.OrdinalIgnoreCase))
                return hasValue;
        }
        value = default;
        return false;
    }

    /// <inheritdoc/>
    public IEnumerator<SipParameter> GetEnumerator() => ((IEnumerable<SipParameter>)_parameters).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>As they stand in a message: <c>;a=b;c</c>.</summary>
    public override string ToString()
    {
        if (Count == 0)
            return "";
        var text = new StringBuilder();
        AppendTo(text);
        return text.ToString();
    }

    internal void AppendTo(StringBuilder text)
    {
        foreach (var (name, value) in _parameters)
        {
            text.Append(';').Append(name);
            if (value is not null)
                text.Append('=').Append(value);
        }
    }

    private static bool TryTake(
        scoped ref ReadOnlySpan<char> text, out ReadOnlySpan<char> name, out ReadOnlySpan<char> value, out bool hasValue)
    {
        name = value = default;
        hasValue = false;
        if (text[0] != ';')
            return false;
        text = text[1..];
        var end = text.IndexOfAny(';', '"');
        // A quoted string may hold what separates.
        if (end >= 0 && text[end] == '"')
            end = SipText.IndexOutsideQuotes(text, ';');
        var part = end < 0 ? text : text[..end];
        text = end < 0 ? [] : text[end..];
        var equals = part.IndexOf('=');
        hasValue = equals >= 0;
        name = SipText.Trim(hasValue ? part[..equals] : part);
        value = hasValue ? SipText.Trim(part[(equals + 1)..]) : [];
        return SipText.IsToken(name) && (!hasValue || SipText.IsParameterValue(value));
    }

    private static string NameOf(ReadOnlySpan<char> name) => name switch
    {
        "tag" => "tag",
        "branch" => "branch",
        "rport" => "rport",
        "received" => "received",
        "transport" => "transport",
        "lr" => "lr",
        _ => name.ToString(),
    };

    private static bool IsEscaped(SipParameter parameter) => parameter.Name.Contains('%') || parameter.Value?.Contains('%') is true;

    private int IndexOf(string name)
    {
        for (var i = 0; i < _parameters.Length; i++)
        {
            if (string.Equals(_parameters[i].Name, name, StringComparison.OrdinalIgnoreCase))
                return i;
        }
        return -1;
    }
}
