using System.Net;
using FluentValidation;

namespace FlashCall.Dialer.Trunks;

/// <summary>A carrier's SIP service that takes our calls.</summary>
internal sealed record Trunk
{
    /// <summary>The name that number ranges and <see cref="Contracts.PlaceFlashCall.Trunk"/> refer to.</summary>
    public required string Name { get; init; }

    /// <summary>Host name, IPv4 or bracketed IPv6 address, and the UDP port, which is 5060 where none is given (RFC 3261 §19.1.2):
    /// <c>sip.carrier.example:5060</c>.</summary>
    public required string Address { get; init; }

    /// <summary>The host of <see cref="Address"/>, IPv6 addresses without brackets.</summary>
    public string Host => TryReadAddress(Address, out var host, out _) ? host : throw new FormatException(AddressExpected);

    /// <summary>The port of <see cref="Address"/>.</summary>
    public int Port => TryReadAddress(Address, out _, out var port) ? port : throw new FormatException(AddressExpected);

    private const string AddressExpected = "Give host:port, such as sip.carrier.example:5060, 192.0.2.10:5060 or [2001:db8::10]:5060.";
    private const int DefaultPort = 5060;

    private static bool TryReadAddress(string address, out string host, out int port)
    {
        port = DefaultPort;
        // "a:b:c" without brackets would be read as host "a" with the rest as port, or as a bare IPv6 address: neither is what was meant.
        if (IPAddress.TryParse(address, out _) && address.Contains(':', StringComparison.Ordinal) && address[0] != '[')
        {
            host = "";
            return false;
        }
        var colon = address.LastIndexOf(':');
        var hasPort = colon > address.LastIndexOf(']');
        host = hasPort ? address[..colon] : address;
        if (hasPort && (!int.TryParse(address.AsSpan(colon + 1), out port) || port is < 1 or > IPEndPoint.MaxPort))
            return false;
        if (host is ['[', .., ']'])
            host = host[1..^1];
        return Uri.CheckHostName(host) != UriHostNameType.Unknown;
    }

    /// <summary>What a trunk has to be.</summary>
    internal sealed class Validator : AbstractValidator<Trunk>
    {
        public Validator()
        {
            RuleFor(trunk => trunk.Name).NotEmpty().WithMessage("is missing. Give the trunk the name that the number ranges refer to.")
                .MaximumLength(64).WithMessage("is longer than 64 characters. Give a shorter name.");
            RuleFor(trunk => trunk.Address).NotEmpty().WithMessage($"is missing. {AddressExpected}");
            RuleFor(trunk => trunk.Address).Must(address => TryReadAddress(address, out _, out _))
                .When(trunk => trunk.Address is { Length: > 0 })
                .WithMessage($"is not an address. {AddressExpected}");
        }
    }
}
