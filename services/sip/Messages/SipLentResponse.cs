namespace FlashCall.Sip;

/// <summary>Room for one response that is only looked at while it is handled, which most of those to our requests are: each thread reads
/// them into the same place, and nothing is left for the garbage collector.</summary>
internal sealed class SipLentResponse
{
    // Longer responses are read as any other message.
    private const int Room = 4096;
    private const int UsualHeaders = 32;

    [ThreadStatic]
    private static SipLentResponse? _ofThread;

    private readonly byte[] _wire = new byte[Room];
    private readonly SipHeaders _headers;
    private readonly SipResponse _response;
    private int _length;
    private bool _isTaken;

    private SipLentResponse()
    {
        _headers = new SipHeaders(_wire, UsualHeaders);
        _response = new SipResponse(this, _headers);
    }

    /// <summary>This thread's, until it is given back; null if it is in use, since handling one message may bring the next.</summary>
    public static SipLentResponse? Take()
    {
        var lent = _ofThread ??= new SipLentResponse();
        if (lent._isTaken)
            return null;
        lent._isTaken = true;
        return lent;
    }

    /// <summary>Who handled the response is done with it.</summary>
    public void GiveBack() => _isTaken = false;

    /// <summary>Begins a response in it.</summary>
    /// <param name="bytes">The message.</param>
    /// <param name="wire">The copy of it that values are taken from.</param>
    /// <param name="headers">Its header fields, none yet.</param>
    /// <returns>False if the message is too long.</returns>
    public bool TryBegin(ReadOnlySpan<byte> bytes, out byte[] wire, out SipHeaders headers)
    {
        (wire, headers) = (_wire, _headers);
        if (bytes.Length > Room)
            return false;
        bytes.CopyTo(_wire);
        _length = bytes.Length;
        _headers.Clear();
        return true;
    }

    /// <summary>The response, valid until it is given back.</summary>
    public SipResponse With(int status, string reason)
    {
        _response.Begin(status, reason);
        return _response;
    }

    /// <summary>The same response, to stay.</summary>
    public SipResponse Kept() => SipParser.TryParse(_wire.AsSpan(0, _length), out var message, out var error)
        ? (SipResponse)message
        : throw new InvalidOperationException($"A response that was read once could not be read again: {error}.");
}
