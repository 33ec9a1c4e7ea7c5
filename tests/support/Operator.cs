using System.Net.Http.Headers;
using System.Security.Cryptography;
using FlashCall.Hosting;
using Microsoft.Extensions.Configuration;

namespace FlashCall.Testing;

/// <summary>Who asks a service over HTTP, as the gateway lets them in.</summary>
public static class Operator
{
    private static readonly ECDsa Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private static readonly InternalIdentity.Minter Minter = new(
        new ConfigurationBuilder().AddInMemoryCollection([new("Identity:SigningKey", Key.ExportPkcs8PrivateKeyPem())]).Build(),
        TimeProvider.System);

    /// <summary>The setting that makes a service take the tokens made here.</summary>
    public static string IdentityArgument { get; } = $"--Identity:PublicKey={Key.ExportSubjectPublicKeyInfoPem()}";

    /// <summary>A client of an application with these scopes.</summary>
    public static HttpClient Client(Uri service, string application = "operator", params string[] scopes) => new()
    {
        BaseAddress = service,
        DefaultRequestHeaders =
        {
            Authorization = new AuthenticationHeaderValue("Bearer", Minter.Mint(application, scopes is [] ? ["operations"] : scopes)),
        },
    };
}
