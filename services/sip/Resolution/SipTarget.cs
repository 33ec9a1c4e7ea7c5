using System.Net;

namespace FlashCall.Sip;

/// <summary>Where a name leads (RFC 3263).</summary>
/// <param name="Transport">The transport.</param>
/// <param name="EndPoint">Address and port.</param>
public readonly record struct SipTarget(SipTransportKind Transport, IPEndPoint EndPoint)
{
    /// <summary>Transport and address.</summary>
    public override string ToString() => $"{Transport.ViaName()} {EndPoint}";
}

/// <summary>A name leads nowhere, or no name server says where. The message says what to check.</summary>
public sealed class SipResolutionException : Exception
{
    /// <inheritdoc/>
    public SipResolutionException()
    {
    }

    /// <inheritdoc/>
    public SipResolutionException(string message)
        : base(message)
    {
    }

    /// <inheritdoc/>
    public SipResolutionException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
