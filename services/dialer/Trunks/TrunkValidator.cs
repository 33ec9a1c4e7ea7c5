using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using FlashCall.Sip;
using FluentValidation;

namespace FlashCall.Dialer.Trunks;

/// <summary>What a trunk has to be, whichever way it comes in. The messages go on after the field's name, and quote no secret.</summary>
internal sealed class TrunkValidator : AbstractValidator<TrunkDocument>
{
    private const int MostAddresses = 16;
    private const int MostHeaders = 32;
    private const int MostCallerIds = 1000;
    private const int MostDestinations = 2000;
    private const decimal HighestPrice = 1_000_000;

    public TrunkValidator()
    {
        // One mistake a field, but each entry of a list has its own.
        RuleLevelCascadeMode = CascadeMode.Stop;
        RuleFor(trunk => trunk.Name)
            .NotEmpty().WithMessage("is missing. Give the trunk the name that the number ranges refer to.")
            .Matches(@"\A[a-z0-9][a-z0-9._-]{0,63}\z")
            .WithMessage("is no trunk's name. Give 1 to 64 of a-z, 0-9, '.', '_' and '-', the first a letter or digit.");
        RuleFor(trunk => trunk.Transport)
            .Must(word => word is null || TrunkWords.Transports.Read(word) is not null)
            .WithMessage($"is no transport. Give one of: {TrunkWords.Transports.All}.");
        RuleFor(trunk => trunk.Addresses)
            .NotEmpty().WithMessage($"is missing. {TrunkAddress.Form}")
            .Must(addresses => addresses!.Count <= MostAddresses).WithMessage($"has too many. Give at most {MostAddresses} addresses.")
            .Must(IsEachOnce).WithMessage("names one twice. Give each address once.");
        RuleForEach(trunk => trunk.Addresses).Cascade(CascadeMode.Continue)
            .Must(address => TrunkAddress.TryParse(address, out _)).WithMessage($"is not an address. {TrunkAddress.Form}");
        RuleFor(trunk => trunk.Credentials!).SetValidator(new OfCredentials()).When(trunk => trunk.Credentials is not null);
        RuleFor(trunk => trunk.Tls)
            .Must(tls => tls is null).WithMessage("is for transport tls alone. Set the transport to tls, or leave this out.")
            .When(trunk => TrunkWords.Transports.Read(trunk.Transport) != SipTransportKind.Tls);
        RuleFor(trunk => trunk.Tls!).SetValidator(new OfTls()).When(trunk => trunk.Tls is not null);
        RuleFor(trunk => trunk.CallerIdFormat)
            .Must(word => word is null || TrunkWords.CallerIdFormats.Read(word) is not null)
            .WithMessage($"is no format. Give one of: {TrunkWords.CallerIdFormats.All}.");
        RuleFor(trunk => trunk.Domain)
            .Must(domain => domain is null || TrunkAddress.TryReadHost(domain, out _))
            .WithMessage("is no host. Give a host name or an IP address without a port, such as sip.example.com or [2001:db8::1].");
        RuleFor(trunk => trunk.Headers)
            .Must(headers => headers is null || headers.Count <= MostHeaders).WithMessage($"has too many. Give at most {MostHeaders}.")
            .Custom((headers, context) =>
            {
                foreach (var (name, problem) in TrunkHeaders.Mistakes(headers))
                    context.AddFailure($"{nameof(TrunkDocument.Headers)}.{name}", problem);
            });
        RuleFor(trunk => trunk.CallerIds)
            .Must(ranges => ranges is null || ranges.Count <= MostCallerIds)
            .WithMessage($"has too many. Give at most {MostCallerIds} ranges.");
        RuleForEach(trunk => trunk.CallerIds).Cascade(CascadeMode.Continue)
            .Must(pattern => CallerIdRange.TryParse(pattern, out _)).WithMessage($"is no range of numbers. {CallerIdRange.Form}");
        Destinations();
        Limits();
        this.RefuseUnknown(trunk => trunk.Unknown);
    }

    private void Destinations()
    {
        RuleFor(trunk => trunk.Destinations)
            .Must(all => all is null || all.Count <= MostDestinations).WithMessage($"has too many. Give at most {MostDestinations}.")
            .Must(all => all is null || IsEachOnce(all.Select(destination => destination?.Prefix)))
            .WithMessage("has one prefix twice. Give each prefix once.");
        RuleForEach(trunk => trunk.Destinations).Cascade(CascadeMode.Continue)
            .NotNull().WithMessage("is missing. Give a destination, such as {\"prefix\": \"+44\"}.")
            .SetValidator(new OfDestination()!);
        RuleFor(trunk => trunk.Currency)
            .NotEmpty().WithMessage("is missing. Give the currency of the prices as ISO 4217 has it, such as EUR.")
            .When(trunk => trunk.Destinations?.Any(destination => destination?.Price is not null) == true)
            .Matches(@"\A[A-Z]{3}\z").WithMessage("is no currency. Give three capital letters as ISO 4217 has them, such as EUR.");
    }

    private void Limits()
    {
        RuleFor(trunk => trunk.CallsPerSecond).Must(number => number is null or (>= 0.01 and <= 10_000))
            .WithMessage("is out of range. Give 0.01 to 10000 calls a second, or leave it out for no limit.");
        RuleFor(trunk => trunk.Burst)
            .Must(number => number is null or (>= 1 and <= 10_000)).WithMessage("is out of range. Give 1 to 10000 calls.")
            .Must((trunk, number) => number is null || trunk.CallsPerSecond is not null)
            .WithMessage("is for a trunk with a limit of calls a second. Give that too, or leave this out.");
        RuleFor(trunk => trunk.Channels).Must(number => number is null or (>= 1 and <= 100_000))
            .WithMessage("is out of range. Give 1 to 100000 calls, or leave it out for no limit.");
        RuleFor(trunk => trunk.RingTime).Must(IsWithin(1, 30)).WithMessage("is out of range. Give 1 to 30 seconds.");
        RuleFor(trunk => trunk.PostDialDelayCap).Must(IsWithin(1, 60)).WithMessage("is out of range. Give 1 to 60 seconds.");
        RuleFor(trunk => trunk.Priority).Must(number => number is null or (>= 1 and <= 100))
            .WithMessage("is out of range. Give 1 to 100; a lower one is tried first.");
        RuleFor(trunk => trunk.Weight).Must(number => number is null or (>= 1 and <= 1000)).WithMessage("is out of range. Give 1 to 1000.");
        RuleFor(trunk => trunk.OptionsInterval).Must(time => time == TimeSpan.Zero || IsWithin(5, 600)(time))
            .WithMessage("is out of range. Give 5 to 600 seconds, or 0 for no OPTIONS.");
    }

    private static Func<TimeSpan?, bool> IsWithin(int least, int most) =>
        time => time is null || (time >= TimeSpan.FromSeconds(least) && time <= TimeSpan.FromSeconds(most));

    private static bool IsEachOnce(IEnumerable<string?>? texts)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        return texts?.OfType<string>().All(seen.Add) != false;
    }

    private sealed class OfCredentials : AbstractValidator<TrunkDocument.CredentialsDocument>
    {
        public OfCredentials()
        {
            RuleLevelCascadeMode = CascadeMode.Stop;
            RuleFor(credentials => credentials.Username)
                .NotEmpty().WithMessage("is missing. Give the user name that the carrier gave you, or leave the credentials out.")
                .Must(text => IsText(text!, 128)).WithMessage("is no user name. Give 1 to 128 characters without control characters.");
            RuleFor(credentials => credentials.Password.Value)
                .NotEmpty().WithMessage("is missing. Give the password that the carrier gave you, or leave the credentials out.")
                .Must(text => IsText(text!, 256)).WithMessage("is no password. Give 1 to 256 characters without control characters.")
                .OverridePropertyName(nameof(TrunkDocument.CredentialsDocument.Password));
            this.RefuseUnknown(credentials => credentials.Unknown);
        }

        private static bool IsText(string text, int longest) => text.Length <= longest && !text.Any(char.IsControl);
    }

    private sealed class OfTls : AbstractValidator<TrunkDocument.TlsDocument>
    {
        private const string Certificates = "is no certificate in PEM form. Give -----BEGIN CERTIFICATE----- and what follows.";

        public OfTls()
        {
            RuleLevelCascadeMode = CascadeMode.Stop;
            RuleFor(tls => tls.ServerName)
                .Must(name => name is null || Uri.CheckHostName(name) == UriHostNameType.Dns)
                .WithMessage("is no host name. Give the name in the carrier's certificate, such as sip.carrier.example.");
            RuleFor(tls => tls.CaCertificates).Must(pem => pem is null || Pem.HasCertificates(pem)).WithMessage(Certificates);
            RuleFor(tls => tls.ClientCertificate)
                .NotEmpty().WithMessage("is missing. Give the certificate that the key is for, or leave the key out.")
                .When(tls => tls.ClientKey.Value is not null)
                .Must(pem => pem is null || Pem.HasCertificates(pem)).WithMessage(Certificates);
            RuleFor(tls => tls.ClientKey.Value)
                .NotEmpty().WithMessage("is missing. Give the certificate's private key in PEM form, or leave the certificate out.")
                .Must((tls, key) => !Pem.HasCertificates(tls.ClientCertificate!) || Pem.IsKeyOf(key!, tls.ClientCertificate!))
                .WithMessage("is not the certificate's private key in PEM form, unencrypted. Give -----BEGIN PRIVATE KEY----- …")
                .When(tls => tls.ClientCertificate is not null)
                .OverridePropertyName(nameof(TrunkDocument.TlsDocument.ClientKey));
            this.RefuseUnknown(tls => tls.Unknown);
        }
    }

    private sealed class OfDestination : AbstractValidator<TrunkDocument.DestinationDocument>
    {
        public OfDestination()
        {
            RuleLevelCascadeMode = CascadeMode.Stop;
            RuleFor(destination => destination.Prefix)
                .NotEmpty().WithMessage("is missing. Give how the numbers begin, such as +44.")
                .Matches(@"\A\+([1-9][0-9]{0,14})?\z")
                .WithMessage("is no prefix. Give a plus sign and 1 to 15 digits, such as +44, or + alone for all numbers.");
            RuleFor(destination => destination.Price).Must(price => price is null or (>= 0 and <= HighestPrice))
                .WithMessage($"is out of range. Give what an answered call costs, 0 to {HighestPrice:0}, or leave it out.");
            this.RefuseUnknown(destination => destination.Unknown);
        }
    }

    private static class Pem
    {
        public static bool HasCertificates(string pem)
        {
            var certificates = new X509Certificate2Collection();
            try
            {
                certificates.ImportFromPem(pem);
                return certificates.Count > 0;
            }
            catch (CryptographicException)
            {
                return false;
            }
            finally
            {
                foreach (var certificate in certificates)
                    certificate.Dispose();
            }
        }

        public static bool IsKeyOf(string key, string certificate)
        {
            try
            {
                X509Certificate2.CreateFromPem(certificate, key).Dispose();
                return true;
            }
            catch (Exception exception) when (exception is CryptographicException or ArgumentException)
            {
                return false;
            }
        }
    }
}

/// <summary>Refuses what is no field: a misspelt one would otherwise be the default, unnoticed.</summary>
internal static class UnknownFields
{
    public static void RefuseUnknown<T>(this AbstractValidator<T> validator, Func<T, IDictionary<string, JsonElement>?> unknown) =>
        validator.RuleFor(document => document).Custom((document, context) =>
        {
            foreach (var name in unknown(document)?.Keys ?? [])
                context.AddFailure(name, "is no field here. Leave it out, or see docs/trunks.md for how it is spelt.");
        });
}
