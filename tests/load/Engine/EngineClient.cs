using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace FlashCall.Load.Engine;

/// <summary>Our engine, in a process that lives for all tries, as a dialer does.</summary>
internal sealed class EngineClient : LoadClient, IAsyncDisposable
{
    private readonly Process _process;

    public EngineClient(LoadOptions options, Cores cores)
        : base(options, cores)
    {
        var program = Environment.ProcessPath!;
        // Not yet on the client's cores: see SettleAsync.
        var start = Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? new ProcessStartInfo(program, [typeof(EngineClient).Assembly.Location, "engine"])
            : new ProcessStartInfo(program, ["engine"]);
        start.UseShellExecute = false;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        _process = Process.Start(start) ?? throw new InvalidOperationException("The engine's process could not be started.");
    }

    public override string Name => "FlashCall";

    /// <summary>The most memory that the process ever had, in bytes.</summary>
    public long PeakResidentBytes => ProcessFigures.PeakResidentBytes(_process.Id);

    /// <summary>The last try in all its figures.</summary>
    public EngineTry? Last { get; private set; }

    /// <summary>Keeps it to the client's cores from here on. Once it is warm: started on one core, the runtime
    /// has compiled less after as many calls.</summary>
    public Task SettleAsync(CancellationToken cancellationToken) => Cores.MoveClientAsync(_process.Id, cancellationToken);

    /// <summary>Calls at a rate against a server that runs already.</summary>
    public async Task<EngineTry> DialAsync(int port, int rate, int calls, TimeSpan ringTime, CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync(
            string.Create(CultureInfo.InvariantCulture, $"{port} {rate} {calls} {(int)ringTime.TotalMilliseconds}"));
        await _process.StandardInput.FlushAsync(cancellationToken);
        var line = await _process.StandardOutput.ReadLineAsync(cancellationToken)
            ?? throw new InvalidOperationException("The engine's process ended; what it wrote before says why.");
        return Last = JsonSerializer.Deserialize<EngineTry>(line)!;
    }

    protected override async Task<Try> TryAsync(int port, int rate, int calls, CancellationToken cancellationToken)
    {
        var done = await DialAsync(port, rate, calls, RingTime, cancellationToken);
        return new Try
        {
            Rate = rate,
            Calls = calls,
            Succeeded = done.Succeeded,
            Retransmitted = done.Retransmitted,
            Seconds = done.Seconds,
            CpuSeconds = done.CpuSeconds,
            CallSeconds = CallTime.TotalSeconds,
        };
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
