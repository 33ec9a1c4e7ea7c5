using System.Security.Cryptography;
using System.Text;

namespace FlashCall.Load.Gateway;

/// <summary>The gateway before the service, with one application.</summary>
internal sealed class MeasuredGateway : IAsyncDisposable
{
    private MeasuredGateway(Part part, string key) => (Part, Key) = (part, key);

    public Part Part { get; }

    /// <summary>The application's API key.</summary>
    public string Key { get; }

    public static async Task<MeasuredGateway> StartAsync(Uri service, ECDsa identity)
    {
        var key = "fck_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        var part = await Part.StartAsync("gateway",
        [
            $"--Identity:SigningKey={identity.ExportPkcs8PrivateKeyPem()}",
            $"--Gateway:Verification:0={service}", $"--Gateway:Dialer:0={service}", $"--Gateway:NumberPool:0={service}",
            $"--Gateway:Fraud:0={service}", "--Applications:0:Id=load", "--Applications:0:Name=Load",
            $"--Applications:0:KeyHashes:0={Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}",
            "--Applications:0:Scopes:0=verifications:write", "--Applications:0:Scopes:1=verifications:read",
            "--Logging:LogLevel:Default=Warning",
        ]);
        return new MeasuredGateway(part, key);
    }

    public ValueTask DisposeAsync() => Part.DisposeAsync();
}
