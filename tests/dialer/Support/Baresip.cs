using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using FlashCall.Testing;

namespace FlashCall.Dialer.Tests.Support;

/// <summary>A baresip softphone that rings by itself and is operated through its control port: JSON in netstrings, both ways.</summary>
internal sealed class Baresip : IAsyncDisposable
{
    private readonly PeerProgram _program;
    private readonly TcpClient _control;
    private readonly Task _reading;
    private readonly ConcurrentQueue<PhoneEvent> _events = new();

    private Baresip(PeerProgram program, TcpClient control)
    {
        _program = program;
        _control = control;
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>What the phone tells its user.</summary>
    /// <param name="Type">Such as <c>CALL_INCOMING</c>, <c>CALL_CLOSED</c>.</param>
    /// <param name="Peer">The SIP URI that calls.</param>
    /// <param name="Detail">Why, if it says so.</param>
    internal sealed record PhoneEvent(string Type, string Peer, string Detail);

    public IReadOnlyCollection<PhoneEvent> Events => _events;

    /// <summary>What it shows on its screen.</summary>
    public string Screen => _program.Output;

    /// <summary>Starts a phone with a number and waits until it can be called.</summary>
    /// <param name="number">Its number, with the plus sign.</param>
    /// <param name="port">Where it is reached over UDP.</param>
    public static async Task<Baresip> StartAsync(string number, int port)
    {
        // The port after the SIP port is the phone's own, for TLS.
        var control = new IPEndPoint(IPAddress.Loopback, FreePort.Next());
        var folder = PeerProgram.CreateFolder("baresip");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "config"), Config(port, control));
        await File.WriteAllTextAsync(
            Path.Combine(folder.FullName, "accounts"),
            string.Create(CultureInfo.InvariantCulture, $"<sip:{number}@127.0.0.1:{port}>;regint=0;answermode=manual\n"));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "contacts"), "");
        var program = PeerProgram.Start("baresip", "baresip-core", folder, "-f", folder.FullName);
        var client = new TcpClient();
        try
        {
            await program.ListensAsync(new IPEndPoint(IPAddress.Loopback, port));
            await program.ListensAsync(control, tcp: true);
            await client.ConnectAsync(control);
            await Eventually.TrueAsync(() => program.Output.Contains("baresip is ready", StringComparison.Ordinal), "baresip is ready");
            return new Baresip(program, client);
        }
        catch
        {
            client.Dispose();
            await program.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the phone tells something.</summary>
    public async Task<PhoneEvent> TellsAsync(string type)
    {
        await Eventually.TrueAsync(() => _events.Any(each => each.Type == type), $"the phone tells {type}");
        return _events.First(each => each.Type == type);
    }

    public Task AcceptAsync() => CommandAsync("accept");

    public Task RejectAsync() => CommandAsync("hangup");

    public async ValueTask DisposeAsync()
    {
        _control.Dispose();
        await _reading;
        await _program.DisposeAsync();
    }

    private static string Config(int port, IPEndPoint control) => string.Create(CultureInfo.InvariantCulture, $"""
        sip_listen 127.0.0.1:{port}
        audio_source aubridge,microphone
        audio_player aubridge,speaker
        audio_alert aubridge,bell
        ring_aufile none
        module_path /usr/lib/baresip/modules
        module g711.so
        module aubridge.so
        module account.so
        module menu.so
        module ctrl_tcp.so
        ctrl_tcp_listen {control}

        """);

    private async Task CommandAsync(string command)
    {
        var json = JsonSerializer.Serialize(new { command, token = command });
        var netstring = string.Create(CultureInfo.InvariantCulture, $"{json.Length}:{json},");
        await _control.GetStream().WriteAsync(Encoding.ASCII.GetBytes(netstring));
    }

    private async Task ReadAsync()
    {
        using var reader = new StreamReader(_control.GetStream(), Encoding.ASCII);
        try
        {
            while (await ReadNetstringAsync(reader) is { } json)
            {
                var said = JsonDocument.Parse(json).RootElement;
                if (said.TryGetProperty("type", out var type))
                    _events.Enqueue(new PhoneEvent(type.GetString()!, Text(said, "peeruri"), Text(said, "param")));
            }
        }
        // The test is over, or the phone has ended; who waits for an event says which one did not come.
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
        }
    }

    private static string Text(JsonElement said, string name) => said.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    private static async Task<string?> ReadNetstringAsync(StreamReader reader)
    {
        var length = 0;
        var one = new char[1];
        while (true)
        {
            if (await reader.ReadAsync(one) == 0)
                return null;
            if (one[0] == ':')
                break;
            length = checked(length * 10 + one[0] - '0');
        }
        // And the comma after it.
        var text = new char[length + 1];
        return await reader.ReadBlockAsync(text) == text.Length ? new string(text, 0, length) : null;
    }
}
