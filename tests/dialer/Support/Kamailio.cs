using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using FlashCall.Testing;

namespace FlashCall.Dialer.Tests.Support;

/// <summary>Kamailio as the carrier's proxy, with <c>kamailio/proxy.cfg</c>: Record-Route, a 100 of its own, two phones to ring.</summary>
internal sealed class Kamailio : IAsyncDisposable
{
    private readonly PeerProgram _program;

    private Kamailio(PeerProgram program, int port)
    {
        _program = program;
        EndPoint = new IPEndPoint(IPAddress.Loopback, port);
    }

    /// <summary>Where it takes calls, over UDP and TCP.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Starts it and waits until it answers OPTIONS.</summary>
    /// <param name="port">Where it listens; the next port is for TLS, if that is defined.</param>
    /// <param name="phones">The ports of one or two phones on 127.0.0.1.</param>
    /// <param name="define">What else the configuration is told, such as <c>WITH_DIGEST</c>.</param>
    public static async Task<Kamailio> StartAsync(int port, int[] phones, params string[] define)
    {
        var folder = PeerProgram.CreateFolder("kamailio");
        string[] defines =
        [
            Phone("FIRST_PHONE", phones[0]),
            .. phones.Length > 1 ? ["WITH_SECOND", Phone("SECOND_PHONE", phones[1])] : Array.Empty<string>(),
            .. define,
        ];
        var kamailio = new Kamailio(
            PeerProgram.Start("kamailio", "kamailio", folder,
            [
                // In the foreground, logging to standard error, with all its files in its folder, as whoever runs the tests.
                "-DD", "-E", "-f", Path.Combine(AppContext.BaseDirectory, "kamailio", "proxy.cfg"),
                "-Y", folder.FullName, "-P", Path.Combine(folder.FullName, "pid"), "-m", "16", "-M", "4",
                "-l", Listen("udp", port), "-l", Listen("tcp", port),
                .. define.Contains("WITH_TLS") ? ["-l", Listen("tls", port + 1)] : Array.Empty<string>(),
                .. defines.SelectMany(text => (string[])["-A", text]),
            ]),
            port);
        try
        {
            await Eventually.TrueAsync(kamailio.AnswersAsync, "Kamailio answers OPTIONS");
            return kamailio;
        }
        catch (Exception exception) when (exception is TimeoutException or InvalidOperationException)
        {
            var said = kamailio.Output;
            await kamailio.DisposeAsync();
            throw new InvalidOperationException($"Kamailio did not start. {said}", exception);
        }
    }

    /// <summary>What it has logged: each request that it took and routed, each response that it heard.</summary>
    public string Output => _program.Output;

    /// <summary>How often a line has been logged.</summary>
    public int Count(string line) =>
        Output.Split('\n').Count(each => each.TrimEnd().EndsWith(line, StringComparison.Ordinal));

    public ValueTask DisposeAsync() => _program.DisposeAsync();

    private static string Phone(string name, int port) => string.Create(CultureInfo.InvariantCulture, $"{name}=\"{port}\"");

    private static string Listen(string transport, int port) =>
        string.Create(CultureInfo.InvariantCulture, $"{transport}:127.0.0.1:{port}");

    private async Task<bool> AnswersAsync()
    {
        if (_program.HasExited)
            throw new InvalidOperationException($"It ended with {_program.ExitCode}.");
        using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var options = $"""
            OPTIONS sip:{EndPoint} SIP/2.0
            Via: SIP/2.0/UDP {socket.Client.LocalEndPoint};rport;branch=z9hG4bK{Guid.NewGuid():N}
            Max-Forwards: 70
            From: <sip:test@{socket.Client.LocalEndPoint}>;tag=test
            To: <sip:{EndPoint}>
            Call-ID: {Guid.NewGuid():N}
            CSeq: 1 OPTIONS
            Content-Length: 0


            """.ReplaceLineEndings("\r\n");
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        try
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(options), EndPoint, patience.Token);
            var response = Encoding.ASCII.GetString((await socket.ReceiveAsync(patience.Token)).Buffer);
            return response.StartsWith("SIP/2.0 200", StringComparison.Ordinal);
        }
        // Nobody listens yet.
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            return false;
        }
    }
}
