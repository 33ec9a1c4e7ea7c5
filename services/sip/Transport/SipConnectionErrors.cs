using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace FlashCall.Sip;

/// <summary>The peer's certificate was not accepted.</summary>
internal sealed class SipCertificateException(SipConnectionFailure failure, string message) : AuthenticationException(message)
{
    public SipConnectionFailure Failure { get; } = failure;
}

/// <summary>What errors of sockets and of TLS mean for who runs the stack.</summary>
internal static class SipConnectionErrors
{
    /// <summary>What an exception of a connection means.</summary>
    public static SipConnectionFailure CauseOf(Exception exception, bool wasOpen) => exception switch
    {
        SipCertificateException certificate => certificate.Failure,
        SocketException socket => CauseOf(socket.SocketErrorCode),
        { InnerException: SipCertificateException certificate } => certificate.Failure,
        IOException { InnerException: SocketException socket } => CauseOf(socket.SocketErrorCode),
        ObjectDisposedException => SipConnectionFailure.Reset,
        // Over an open TLS connection an error that is not the socket's is an alert: with TLS 1.3 that is how a peer refuses our
        // certificate, after the handshake is done for us.
        AuthenticationException => SipConnectionFailure.HandshakeFailed,
        IOException => wasOpen && exception.InnerException is null ? SipConnectionFailure.Reset : SipConnectionFailure.HandshakeFailed,
        _ => SipConnectionFailure.Reset,
    };

    /// <summary>What is wrong with a certificate, and which name it should have; null if nothing is.</summary>
    public static SipCertificateException? Judge(SslPolicyErrors errors, X509Chain? chain, X509Certificate2? certificate, string expected)
    {
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
            return new(SipConnectionFailure.CertificateUntrusted, $"'{expected}' showed no certificate.");
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
            return JudgeChain(chain, certificate, expected);
        // A SIP domain may stand as a URI instead of a DNS name (RFC 5922 §7.1).
        return errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) && !SipCertificateNames.HasSipUri(certificate, expected)
            ? new(SipConnectionFailure.CertificateNameMismatch,
                $"The certificate is for {SipCertificateNames.Describe(certificate)}, not for '{expected}'. "
                + "Set the server name of the trunk's TLS to a name that the certificate has, or have it issued for this one.")
            : null;
    }

    /// <summary>Why a connection has ended, for people.</summary>
    public static string Describe(SipConnectionFailure? cause, Exception? error, SipHop hop, SipConnectionLimits limits) => cause switch
    {
        null => "closed",
        SipConnectionFailure.Refused => $"Nothing listens at {hop}. Check address, port and transport.",
        SipConnectionFailure.TimedOut =>
            $"{hop} did not answer within {limits.ConnectTimeout.TotalSeconds:0.#} s, or took nothing for "
            + $"{limits.SendTimeout.TotalSeconds:0.#} s. Check address and port, and whether a firewall stands between.",
        SipConnectionFailure.Unreachable => $"No route leads to {hop}. Check the address, and this machine's network.",
        SipConnectionFailure.Reset => $"{hop} broke the connection.",
        SipConnectionFailure.ClosedByPeer => $"{hop} closed the connection.",
        SipConnectionFailure.Unframed => $"{hop} sent what is no stream of SIP messages (RFC 3261 §18.3).",
        SipConnectionFailure.TooMany => $"More than {limits.MaxInbound} connections from outside.",
        SipConnectionFailure.CertificateExpired or SipConnectionFailure.CertificateNameMismatch
            or SipConnectionFailure.CertificateUntrusted or SipConnectionFailure.CertificateUnfit =>
            (error as SipCertificateException ?? error?.InnerException as SipCertificateException)?.Message
            ?? $"The certificate of {hop} was not accepted.",
        SipConnectionFailure.HandshakeFailed =>
            $"TLS with {hop} failed: {Innermost(error)} Check that it speaks TLS 1.2 or 1.3 there, "
            + "and whether it wants a client certificate.",
        _ => $"The connection to {hop} ended: {cause}.",
    };

    private static SipConnectionFailure CauseOf(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => SipConnectionFailure.Refused,
        SocketError.TimedOut => SipConnectionFailure.TimedOut,
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.NetworkDown
            or SocketError.AddressNotAvailable or SocketError.AccessDenied => SipConnectionFailure.Unreachable,
        _ => SipConnectionFailure.Reset,
    };

    private static SipCertificateException JudgeChain(X509Chain? chain, X509Certificate2 certificate, string expected)
    {
        var statuses = chain?.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status)
            ?? X509ChainStatusFlags.NoError;
        if (statuses.HasFlag(X509ChainStatusFlags.NotTimeValid))
        {
            var outdated = chain?.ChainElements.Select(element => element.Certificate)
                .FirstOrDefault(one => DateTime.Now < one.NotBefore || DateTime.Now > one.NotAfter) ?? certificate;
            return new(SipConnectionFailure.CertificateExpired,
                $"The certificate {outdated.Subject} of '{expected}' is valid from {outdated.NotBefore.ToUniversalTime():u} "
                + $"to {outdated.NotAfter.ToUniversalTime():u}. Have it renewed, or set this machine's clock.");
        }
        // A signature that does not fit is that of another authority with the same name.
        const X509ChainStatusFlags Untrusted =
            X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid;
        if ((statuses & Untrusted) != X509ChainStatusFlags.NoError)
        {
            return new(SipConnectionFailure.CertificateUntrusted,
                $"The certificate of '{expected}', issued by {certificate.Issuer}, leads to no trusted root. "
                + "Add the issuer's root to the trunk's CA certificates, or to those of the system.");
        }
        return new(SipConnectionFailure.CertificateUnfit,
            $"The certificate of '{expected}' was not accepted: {statuses}. Have one issued for server authentication.");
    }

    private static string Innermost(Exception? error)
    {
        while (error?.InnerException is { } inner)
            error = inner;
        var message = error?.Message.Split('\n')[0].Trim() ?? "";
        return message is [.., '.'] ? message : $"{message}.";
    }
}
