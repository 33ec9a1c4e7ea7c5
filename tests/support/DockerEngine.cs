using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Serialization;

namespace FlashCall.Testing;

/// <summary>The Docker engine of this machine, asked before anything relies on it.</summary>
/// <param name="ApiVersion">The newest version of the engine's API that it speaks.</param>
/// <param name="Images">Names with tags of the images it has.</param>
internal sealed record DockerEngine(Version ApiVersion, IReadOnlySet<string> Images)
{
    /// <summary>An engine that works answers in milliseconds; one that is stuck shall not hold the tests up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>The engine at an address as <c>DOCKER_HOST</c> gives it (unix or tcp), by default <c>/var/run/docker.sock</c>; null if none answers.</summary>
    public static async Task<DockerEngine?> FindAsync(string? host, CancellationToken cancellationToken)
    {
        if (host is null or "")
            host = "unix:///var/run/docker.sock";
        if (!Uri.TryCreate(host, UriKind.Absolute, out var address) || address.Scheme is not ("unix" or "tcp"))
            return null;
        using var http = address.Scheme == "unix" ? OverSocket(address.LocalPath) : new HttpClient { BaseAddress = new UriBuilder(address) { Scheme = "http" }.Uri };
        http.Timeout = Patience;
        try
        {
            var version = await http.GetFromJsonAsync<EngineVersion>("version", cancellationToken);
            var images = await http.GetFromJsonAsync<EngineImage[]>("images/json", cancellationToken);
            return new DockerEngine(Version.Parse(version!.ApiVersion), images!.SelectMany(image => image.RepoTags ?? []).ToHashSet(StringComparer.Ordinal));
        }
        catch (Exception exception) when (exception is HttpRequestException or FormatException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private static HttpClient OverSocket(string path) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    })
    {
        BaseAddress = new Uri("http://docker/"),
    };

    private sealed record EngineVersion([property: JsonPropertyName("ApiVersion")] string ApiVersion);

    private sealed record EngineImage([property: JsonPropertyName("RepoTags")] string[]? RepoTags);
}
