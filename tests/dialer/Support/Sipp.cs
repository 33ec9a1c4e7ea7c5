using System.Globalization;
using System.Net;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Dialer.Tests.Support;

/// <summary>SIPp with a scenario of the folder <c>sipp</c>, which checks what we send: it ends well only if every message of ours was the
/// one that was due.</summary>
internal sealed class Sipp : IAsyncDisposable
{
    private const string ErrorLog = "errors.log";
    private const string MessageLog = "messages.log";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    private readonly PeerProgram _program;

    private Sipp(PeerProgram program) => _program = program;

    /// <summary>Starts the called side for one call and waits until it listens.</summary>
    /// <param name="scenario">The file's name without ending.</param>
    /// <param name="port">Where.</param>
    /// <param name="with">Values for what the scenario leaves open, by name.</param>
    public static Task<Sipp> StartAsync(string scenario, int port, params (string Name, string Value)[] with) =>
        StartAsync(scenario, new IPEndPoint(IPAddress.Loopback, port), tcp: false, with);

    /// <inheritdoc cref="StartAsync(string, int, ValueTuple{string, string}[])"/>
    /// <param name="scenario">The file's name without ending.</param>
    /// <param name="address">Where.</param>
    /// <param name="tcp">Over TCP rather than UDP.</param>
    /// <param name="with">Values for what the scenario leaves open, by name.</param>
    public static async Task<Sipp> StartAsync(string scenario, IPEndPoint address, bool tcp, params (string Name, string Value)[] with)
    {
        var sipp = Start(scenario, address, calls: 1, tcp ? ["-t", "t1"] : [], with);
        try
        {
            await sipp._program.ListensAsync(address, tcp);
            return sipp;
        }
        catch
        {
            await sipp.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the calling side.</summary>
    /// <param name="scenario">The file's name without ending.</param>
    /// <param name="target">Who is called.</param>
    /// <param name="calls">How many times.</param>
    public static Sipp Call(string scenario, IPEndPoint target, int calls)
    {
        var rate = Math.Max(10, calls / 2).ToString(CultureInfo.InvariantCulture);
        return Start(scenario, new IPEndPoint(target.Address, FreePort.Next()), calls, ["-r", rate, target.ToString()]);
    }

    /// <summary>Waits until a message with such a text has come or gone.</summary>
    public Task SeesAsync(string text) =>
        Eventually.TrueAsync(() => Log(MessageLog).Contains(text, StringComparison.Ordinal), $"SIPp sees {text}");

    /// <summary>Waits until the scenario has run through.</summary>
    public async Task SucceedsAsync()
    {
        await _program.ExitsAsync(Patience);
        if (_program.ExitCode == 0)
            return;
        Assert.Fail($"SIPp ended with {_program.ExitCode}. {_program.Output}\n{Log(ErrorLog)}\n{Log(MessageLog)}");
    }

    public ValueTask DisposeAsync() => _program.DisposeAsync();

    private string Log(string name)
    {
        var file = Path.Combine(_program.Folder.FullName, name);
        return File.Exists(file) ? File.ReadAllText(file) : "";
    }

    private static Sipp Start(
        string scenario, IPEndPoint local, int calls, IEnumerable<string> more, params (string Name, string Value)[] with)
    {
        var folder = PeerProgram.CreateFolder("sipp");
        // Filled in here rather than with -key, since SIPp reads the status of a response when it reads the scenario.
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "sipp", $"{scenario}.xml"));
        foreach (var (name, value) in with)
            text = text.Replace($"[{name}]", value, StringComparison.Ordinal);
        var file = Path.Combine(folder.FullName, $"{scenario}.xml");
        File.WriteAllText(file, text);
        return new Sipp(PeerProgram.Start("sipp", "sip-tester", folder,
        [
            "-sf", file, "-i", local.Address.ToString(), "-p", local.Port.ToString(CultureInfo.InvariantCulture),
            "-m", calls.ToString(CultureInfo.InvariantCulture), "-nostdin", "-timeout", "40s", "-timeout_error",
            "-trace_err", "-error_file", ErrorLog, "-trace_msg", "-message_file", MessageLog, .. more,
        ]));
    }
}
