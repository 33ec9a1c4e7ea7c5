using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using FlashCall.Testing;

namespace FlashCall.EndToEnd.Tests.Running;

/// <summary>One of the platform's programs as a process of its own, with its output in a file.</summary>
internal sealed class Program : IAsyncDisposable
{
    /// <summary>The repository.</summary>
    public static readonly string Root = FindRoot();

    public static readonly string Configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    private static readonly ConcurrentDictionary<int, bool> GivenPorts = new();

    /// <summary>As docs/operations.md has it.</summary>
    private static readonly TimeSpan StopsWithin = TimeSpan.FromSeconds(40);

    private readonly string _path;
    private string _root;
    private readonly string[] _arguments;
    private readonly IReadOnlyDictionary<string, string> _environment;
    private readonly string _log;
    private Process? _process;

    private Program(string name, string path, string[] arguments, IReadOnlyDictionary<string, string> environment, string folder)
    {
        Name = name;
        (_path, _root) = (path, Root);
        _environment = environment;
        _log = Path.Combine(folder, name + ".log");
        Address = new Uri($"http://127.0.0.1:{FreePort(SocketType.Stream)}");
        Metrics = new Uri($"http://127.0.0.1:{FreePort(SocketType.Stream)}/metrics");
        _arguments = [.. arguments, $"--urls={Address.AbsoluteUri.TrimEnd('/')}", $"--Metrics:Listen={Metrics.Authority}"];
    }

    /// <summary>Which replica of which program.</summary>
    public string Name { get; }

    /// <summary>The number of its process, once it has been started.</summary>
    public int ProcessId => _process?.Id ?? throw new InvalidOperationException($"{Name} was not started.");

    /// <summary>Where it answers HTTP; the same after a restart.</summary>
    public Uri Address { get; }

    /// <summary>Where a service of the platform shows its figures.</summary>
    public Uri Metrics { get; }

    /// <summary>What it ended with; null while it runs.</summary>
    public int? ExitCode => _process is { HasExited: true } ended ? ended.ExitCode : null;

    /// <summary>All it has written so far.</summary>
    public string Log => File.Exists(_log) ? ReadShared(_log) : "";

    /// <summary>The same, line by line.</summary>
    public IEnumerable<string> Lines
    {
        get
        {
            if (!File.Exists(_log))
                yield break;
            using var reader = new StreamReader(new FileStream(_log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            while (reader.ReadLine() is { } line)
                yield return line;
        }
    }

    /// <summary>A service of the platform.</summary>
    public static Program Service(string folder, string assembly, string name, string[] arguments, IReadOnlyDictionary<string, string> environment, string logs) =>
        new(name, Path.Combine("services", folder, "bin", Configuration, "net10.0", assembly + ".dll"), arguments, environment, logs);

    /// <summary>The carrier and its phones.</summary>
    public static Program Handset(string[] arguments, string logs) =>
        new("handset", Path.Combine("tools", "handset", "bin", Configuration, "net10.0", "FlashCall.Handset.dll"), arguments, new Dictionary<string, string>(), logs);

    /// <summary>
    /// A port that nobody listens on, and that nobody else is given until the program listens: it is below the range that the system
    /// takes ports from for outgoing connections and for those who ask for any (32768 and up by default).
    /// </summary>
    public static int FreePort(SocketType type)
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(12_000, 20_000);
            using var socket = new Socket(AddressFamily.InterNetwork, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressAlreadyInUse)
            {
                continue;
            }
            if (GivenPorts.TryAdd(port, true))
                return port;
        }
    }

    /// <summary>Runs the program's preparation to its end.</summary>
    public async Task PrepareAsync()
    {
        using var process = Launch(["prepare", .. _arguments]);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{Name} could not be prepared:\n{Log}");
    }

    /// <summary>Takes the program from another checkout of the repository from its next start on.</summary>
    public void TakeFrom(string root) => _root = root;

    public void Start() => _process = Launch(_arguments);

    /// <summary>Waits until the program says that it and what it needs are well.</summary>
    public Task ReadyAsync() => AnswersAsync("/health/ready");

    /// <summary>Waits until the program answers at all.</summary>
    public Task LivesAsync() => AnswersAsync("/health/live");

    private async Task AnswersAsync(string path)
    {
        using var client = new HttpClient { BaseAddress = Address };
        await Eventually.TrueAsync(async () =>
        {
            if (_process!.HasExited)
                throw new InvalidOperationException($"{Name} ended with exit code {_process.ExitCode}:\n{Log}");
            try
            {
                using var response = await client.GetAsync(path);
                return response.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, () => $"{Name} answers {path} with success. Its log:\n{Log}", TimeSpan.FromSeconds(120));
    }

    /// <summary>Asks the process to stop, as whoever restarts it does (SIGTERM), and waits until it has.</summary>
    /// <exception cref="TimeoutException">It did not within the time that operators are told to give it.</exception>
    public async Task StopAsync()
    {
        using (var kill = Process.Start("kill", ["-s", "TERM", _process!.Id.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync();
        using var timeout = new CancellationTokenSource(StopsWithin);
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException exception)
        {
            throw new TimeoutException($"{Name} did not stop within {StopsWithin.TotalSeconds} s:\n{Log}", exception);
        }
        if (_process.ExitCode != 0)
            throw new InvalidOperationException($"{Name} stopped with exit code {_process.ExitCode}:\n{Log}");
        _process.Dispose();
        _process = null;
    }

    /// <summary>Ends the process at once, as a crash does (SIGKILL).</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Sends the process a signal: <c>STOP</c> freezes it, <c>CONT</c> lets it go on.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", ["-s", name, ProcessId.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is null)
            return;
        if (!_process.HasExited)
            await KillAsync();
    }

    private Process Launch(string[] arguments)
    {
        // The shell appends the output to the file, so that what a killed process wrote last is there too.
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("log=$1; shift; exec dotnet \"$@\" >>\"$log\" 2>&1 </dev/null");
        foreach (var argument in (string[])["sh", _log, Path.Combine(_root, _path), .. arguments])
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in _environment)
            start.Environment[name] = value;
        return Process.Start(start) ?? throw new InvalidOperationException($"{Name} did not start.");
    }

    private static string ReadShared(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "FlashCall.Platform.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests run from within the repository.");
    }
}
