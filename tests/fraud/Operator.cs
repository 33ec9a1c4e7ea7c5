using System.Net.Http.Headers;
using System.Security.Cryptography;
using FlashCall.Hosting;
using Microsoft.Extensions.Configuration;

namespace FlashCall.Fraud.Tests;

/// <summary>Who asks the service over HTTP, as the gateway lets them in.</summary>
internal static class Operator
{
    private static readonly ECDsa Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private static readonly InternalIdentity.Minter Minter = new(
        new ConfigurationBuilder().AddInMemoryCollection([new("Identity:SigningKey", Key.ExportPkcs8PrivateKeyPem())]).Build(),
        TimeProvider.System);

    /// <summary>The setting that makes a service take the tokens made here.</summary>
    public static string IdentityArgument { get; } = $"--Identity:PublicKey={Key.ExportSubjectPublicKeyInfoPem()}";

    /// <summary>A client of an application with these scopes.</summary>
    public static HttpClient Client(string address, params string[] scopes) => new()
    {
        BaseAddress = new Uri(address),
        DefaultRequestHeaders =
        {
            Authorization = new AuthenticationHeaderValue("Bearer", Minter.Mint("operator", scopes is [] ? ["operations"] : scopes)),
        },
    };
}
