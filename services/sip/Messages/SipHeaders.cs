using System.Collections;
using System.Text;

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
/// read as the long ones, and lists of hops and addresses stand one to an entry. Of a message that was received the values stay in its
/// bytes until they are asked for. Not safe for concurrent change.
/// </summary>
public sealed class SipHeaders : IReadOnlyList<SipHeader>
{
    // What a request of ours comes to with its Via; what is received says before how many there are.
    private const int UsualCount = 16;

    private readonly byte[] _wire;
    private Field[] _fields;

    internal SipHeaders()
        : this([], UsualCount)
    {
    }

    /// <summary>Header fields of a message that was received.</summary>
    /// <param name="wire">Its bytes, which the values are ranges of.</param>
    /// <param name="capacity">About how many there will be.</param>
    internal SipHeaders(byte[] wire, int capacity)
    {
        _wire = wire;
        _fields = new Field[capacity];
    }

    /// <inheritdoc/>
    public int Count { get; private set; }

    /// <summary>Grows with every change, so that what was read from the headers can be kept until then.</summary>
    internal int Version { get; private set; }

    /// <inheritdoc/>
    public SipHeader this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return new SipHeader(_fields[index].Name, ValueAt(index));
        }
    }

    /// <summary>The value of the first header field with this name, or null.</summary>
    public string? this[string name]
    {
        get
        {
            var index = IndexOf(SipHeaderName.Canonical(name));
            return index < 0 ? null : ValueAt(index);
        }
    }

    /// <summary>Whether a header field of this name is there.</summary>
    public bool Contains(string name) => IndexOf(SipHeaderName.Canonical(name)) >= 0;

    /// <summary>The values of all header fields with this name, in their order.</summary>
    public IEnumerable<string> All(string name)
    {
        name = SipHeaderName.Canonical(name);
        for (var i = IndexOf(name); i >= 0; i = IndexOf(name, i + 1))
            yield return ValueAt(i);
    }

    /// <summary>Adds a header field at the end.</summary>
    /// <exception cref="ArgumentException">The name is no token, or the value holds a line break or a NUL.</exception>
    public void Add(string name, string value) => Insert(Count, Checked(name, value));

    /// <summary>Adds a header field before all others, as a hop does with its Via.</summary>
    /// <exception cref="ArgumentException">The name is no token, or the value holds a line break or a NUL.</exception>
    public void Prepend(string name, string value) => Insert(0, Checked(name, value));

    /// <summary>Replaces the first header field of this name in its place and removes the others; adds it if there was none.</summary>
    /// <exception cref="ArgumentException">The name is no token, or the value holds a line break or a NUL.</exception>
    public void Set(string name, string value)
    {
        var field = Checked(name, value);
        var index = IndexOf(field.Name);
        if (index < 0)
        {
            Insert(Count, field);
            return;
        }
        _fields[index] = field;
        RemoveFrom(index + 1, field.Name);
    }

    /// <summary>Replaces the first header field of this name in its place and keeps the others.</summary>
    /// <exception cref="ArgumentException">There is none, or the value holds a line break or a NUL.</exception>
    public void SetFirst(string name, string value)
    {
        var field = Checked(name, value);
        var index = IndexOf(field.Name);
        if (index < 0)
            throw new ArgumentException("The message has no such header field.", nameof(name));
        _fields[index] = field;
        Version++;
    }

    /// <summary>Removes every header field of this name.</summary>
    public void Remove(string name) => RemoveFrom(0, SipHeaderName.Canonical(name));

    /// <inheritdoc/>
    public IEnumerator<SipHeader> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
            yield return new SipHeader(_fields[i].Name, ValueAt(i));
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Adds a value that stands in the message's bytes, checked by the parser.</summary>
    internal void AddParsed(string canonicalName, int start, int length) =>
        Insert(Count, new Field { Name = canonicalName, Start = (ushort)start, Length = (ushort)length });

    /// <summary>Adds a value that the parser or the stack itself has put together.</summary>
    internal void AddParsed(string canonicalName, string value) => Insert(Count, new Field { Name = canonicalName, Value = value });

    /// <summary>Adds a value of the stack's own before all others.</summary>
    internal void PrependChecked(string canonicalName, string value) => Insert(0, new Field { Name = canonicalName, Value = value });

    /// <summary>Adds the header fields of this name that another message has.</summary>
    internal void Copy(string canonicalName, SipHeaders from)
    {
        for (var i = from.IndexOf(canonicalName); i >= 0; i = from.IndexOf(canonicalName, i + 1))
            AddParsed(canonicalName, from.ValueAt(i));
    }

    /// <summary>Takes them all out; what was read from them is out of date.</summary>
    internal void Clear()
    {
        Count = 0;
        Version++;
    }

    /// <summary>How many header fields have this name.</summary>
    internal int CountOf(string canonicalName)
    {
        var count = 0;
        for (var i = IndexOf(canonicalName); i >= 0; i = IndexOf(canonicalName, i + 1))
            count++;
        return count;
    }

    /// <summary>Where the header field with this name stands, from an index on; -1 if nowhere.</summary>
    internal int IndexOf(string canonicalName, int from = 0)
    {
        for (var i = from; i < Count; i++)
        {
            if (IsNamed(_fields[i].Name, canonicalName))
                return i;
        }
        return -1;
    }

    internal string NameAt(int index) => _fields[index].Name;

    /// <summary>The value, read from the bytes once.</summary>
    internal string ValueAt(int index)
    {
        ref var field = ref _fields[index];
        return field.Value ??= Encoding.UTF8.GetString(_wire, field.Start, field.Length);
    }

    /// <summary>The value's bytes as they were received; false if it did not come so, and <see cref="ValueAt"/> has it.</summary>
    internal bool TryGetBytesAt(int index, out ReadOnlySpan<byte> bytes)
    {
        ref var field = ref _fields[index];
        // A value that was not read from the bytes has no length there.
        bytes = field.IsOnWire ? _wire.AsSpan(field.Start, field.Length) : default;
        return field.IsOnWire;
    }

    private static Field Checked(string name, string value)
    {
        if (!SipHeaderName.TryFindKnown(name, out var canonical) && !SipText.IsToken(name))
            throw new ArgumentException("The name of a header field is a token (RFC 3261 §25.1).", nameof(name));
        if (SipText.BreaksLine(value))
            throw new ArgumentException("The value of a header field holds no line break and no NUL.", nameof(value));
        return new Field { Name = canonical ?? name, Value = value.Trim() };
    }

    private static bool IsNamed(string name, string canonicalName) =>
        ReferenceEquals(name, canonicalName)
        || (name.Length == canonicalName.Length && string.Equals(name, canonicalName, StringComparison.OrdinalIgnoreCase));

    private void Insert(int index, Field field)
    {
        if (Count == _fields.Length)
            Array.Resize(ref _fields, Math.Max(4, Count * 2));
        if (index < Count)
            Array.Copy(_fields, index, _fields, index + 1, Count - index);
        _fields[index] = field;
        Count++;
        Version++;
    }

    private void RemoveFrom(int index, string canonicalName)
    {
        var kept = index;
        for (var i = index; i < Count; i++)
        {
            if (!IsNamed(_fields[i].Name, canonicalName))
                _fields[kept++] = _fields[i];
        }
        Array.Clear(_fields, kept, Count - kept);
        Count = kept;
        Version++;
    }

    private struct Field
    {
        public required string Name;
        public string? Value;

        // No message is longer than these reach.
        public ushort Start;
        public ushort Length;

        public readonly bool IsOnWire => Start > 0;
    }
}
