using System.Diagnostics;
using System.Globalization;
using System.Numerics;

namespace FlashCall.Load;

/// <summary>Which cores the two sides of a try run on: one for the server, and the others for the client, whichever is tried. Left to the
/// scheduler, a client with several threads drives the server off its core, and is then stopped by what it did to the server.</summary>
/// <param name="server">The mask of the server's cores; 0 leaves both to the scheduler.</param>
/// <param name="client">The mask of the client's cores.</param>
internal sealed class Cores(ulong server, ulong client)
{
    /// <summary>Both where the scheduler puts them.</summary>
    public static Cores Free { get; } = new(0, 0);

    /// <summary>Whether the sides are kept apart.</summary>
    public bool ArePinned => server != 0;

    /// <summary>Of the cores that this process may use, the last for the server; with one alone there is nothing to keep apart.</summary>
    public static Cores Apart()
    {
        var ours = OperatingSystem.IsLinux() ? (ulong)Process.GetCurrentProcess().ProcessorAffinity : 0;
        if (BitOperations.PopCount(ours) < 2)
            return Free;
        var last = 1UL << BitOperations.Log2(ours);
        return new Cores(last, ours & ~last);
    }

    /// <summary>What starts the server.</summary>
    public ProcessStartInfo Server(string program, params IEnumerable<string> arguments) => On(server, program, arguments);

    /// <summary>What starts the client on its cores.</summary>
    public ProcessStartInfo Client(string program, params IEnumerable<string> arguments) => On(client, program, arguments);

    /// <summary>Moves a client that runs already, with all its threads, to its cores; those it starts later stay there too. For a program
    /// that settles on the number of cores as it starts and does worse with one.</summary>
    public async Task MoveClientAsync(int processId, CancellationToken cancellationToken)
    {
        if (!ArePinned)
            return;
        var start = new ProcessStartInfo(
            "taskset", ["--all-tasks", "--cpu-list", "--pid", List(client), processId.ToString(CultureInfo.InvariantCulture)])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using var taskset = Process.Start(start) ?? throw new InvalidOperationException("taskset could not be started.");
        await taskset.StandardOutput.ReadToEndAsync(cancellationToken);
        await taskset.WaitForExitAsync(cancellationToken);
        if (taskset.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"taskset could not move process {processId} to core {List(client)}; --no-pinning does without.");
        }
    }

    /// <summary>For people.</summary>
    public override string ToString() => ArePinned
        ? string.Create(CultureInfo.InvariantCulture, $"the server on core {List(server)}, either client on core {List(client)}")
        : "nothing pinned: server and clients run where the scheduler puts them";

    // From its first instruction on, so that all threads of the program keep to them, and it knows how many they are.
    private static ProcessStartInfo On(ulong mask, string program, IEnumerable<string> arguments) => mask == 0
        ? new ProcessStartInfo(program, arguments)
        : new ProcessStartInfo("taskset", ["--cpu-list", List(mask), program, .. arguments]);

    private static string List(ulong mask) =>
        string.Join(',', Enumerable.Range(0, 64).Where(core => (mask >> core & 1) != 0).Select(core => $"{core}"));
}
