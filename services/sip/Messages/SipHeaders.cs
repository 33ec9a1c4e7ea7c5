using System.Collections;

namespace FlashCall.Sip;

/// <summary>One header field.</summary>
/// <param name="Name">The long, conventionally spelled name.</param>
/// <param name="Value">Unfolded, without surrounding blanks.</param>
public readonly record struct SipHeader(string Name, string Value)
{
    /// <summary>The name alone: values hold phone numbers.</summary>
    public override string ToString() => Name;
}

/// <summary>
/// The header fields of a message in their order, unknown ones included. Names are compared without regard to case, compact forms are
/// read as the long ones, and lists of hops and addresses stand one to an entry. Not safe for concurrent change.
/// </summary>
public sealed class SipHeaders : IReadOnlyList<SipHeader>
{
    private readonly List<SipHeader> _headers = new(16);

    /// <inheritdoc/>
    public int Count => _headers.Count;

    /// <summary>Grows with every change, so that what was read from the headers can be kept until then.</summary>
    internal int Version { get; private set; }

    /// <inheritdoc/>
    public SipHeader this[int index] => _headers[index];

    /// <summary>The value of the first header field with this name, or null.</summary>
    public string? this[string name]
    {
        get
        {
            var index = IndexOf(name);
            return index < 0 ? null : _headers[index].Value;
        }
    }

    /// <summary>Whether a header field of this name is there.</summary>
    public bool Contains(string name) => IndexOf(name) >= 0;

    /// <summary>The values of all header fields with this name, in their order.</summary>
    public IEnumerable<string> All(string name)
    {
        name = SipHeaderName.Canonical(name);
        foreach (var header in _headers)
        {
            if (IsNamed(header, name))
                yield return header.Value;
        }
    }

    /// <summary>Adds a header field at the end.</summary>
    /// <exception cref="ArgumentException">The name is no token, or the value holds a line break or a NUL.</exception>
    public void Add(string name, string value)
    {
        _headers.Add(Checked(name, value));
        Version++;
    }

    /// <summary>Adds a header field before all others, as a hop does with its Via.</summary>
    /// <exception cref="ArgumentException">The name is no token, or the value holds a line break or a NUL.</exception>
    public void Prepend(string name, string value)
    {
        _headers.Insert(0, Checked(name, value));
        Version++;
    }

    /// <summary>Replaces the first header field of this name in its place and removes the others; adds it if there was none.</summary>
    /// <exception cref="ArgumentException">The name is no token, or the value holds a line break or a NUL.</exception>
    public void Set(string name, string value)
    {
        var header = Checked(name, value);
        var index = IndexOf(name);
        if (index < 0)
        {
            _headers.Add(header);
        }
        else
        {
            _headers[index] = header;
            _headers.RemoveAll(index + 1, other => IsNamed(other, header.Name));
        }
        Version++;
    }

    /// <summary>Replaces the first header field of this name in its place and keeps the others.</summary>
    /// <exception cref="ArgumentException">There is none, or the value holds a line break or a NUL.</exception>
    public void SetFirst(string name, string value)
    {
        var index = IndexOf(name);
        if (index < 0)
            throw new ArgumentException("The message has no such header field.", nameof(name));
        _headers[index] = Checked(name, value);
        Version++;
    }

    /// <summary>Removes every header field of this name.</summary>
    public void Remove(string name)
    {
        name = SipHeaderName.Canonical(name);
        _headers.RemoveAll(header => IsNamed(header, name));
        Version++;
    }

    /// <inheritdoc/>
    public IEnumerator<SipHeader> GetEnumerator() => _headers.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Adds what the parser has checked.</summary>
    internal void AddParsed(string canonicalName, string value)
    {
        _headers.Add(new SipHeader(canonicalName, value));
        Version++;
    }

    /// <summary>Adds the header fields of this name that another message has.</summary>
    internal void Copy(string canonicalName, SipHeaders from)
    {
        foreach (var header in from._headers)
        {
            if (IsNamed(header, canonicalName))
                _headers.Add(header);
        }
        Version++;
    }

    private static SipHeader Checked(string name, string value)
    {
        if (!SipText.IsToken(name))
            throw new ArgumentException("The name of a header field is a token (RFC 3261 §25.1).", nameof(name));
        if (value.AsSpan().IndexOfAny('\r', '\n', '\0') >= 0)
            throw new ArgumentException("The value of a header field holds no line break and no NUL.", nameof(value));
        return new SipHeader(SipHeaderName.Canonical(name), value.Trim());
    }

    private static bool IsNamed(SipHeader header, string canonicalName) =>
        string.Equals(header.Name, canonicalName, StringComparison.OrdinalIgnoreCase);

    private int IndexOf(string name)
    {
        name = SipHeaderName.Canonical(name);
        for (var i = 0; i < _headers.Count; i++)
        {
            if (IsNamed(_headers[i], name))
                return i;
        }
        return -1;
    }
}

file static class HeaderList
{
    /// <summary>Removes what matches, from an index on.</summary>
    public static void RemoveAll(this List<SipHeader> headers, int from, Predicate<SipHeader> match)
    {
        for (var i = headers.Count - 1; i >= from; i--)
        {
            if (match(headers[i]))
                headers.RemoveAt(i);
        }
    }
}
