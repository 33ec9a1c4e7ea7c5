using System.CommandLine;

namespace FlashCall.Cli.Replay;

/// <summary><c>flashcall replay</c>: what can be made of the event log once more.</summary>
internal static class ReplayCommand
{
    public static Command Create(Terminal terminal) => new("replay", "Replays the event log: rebuilds the funnel, or answers a question of your own.")
    {
        ReplayFunnel.Create(terminal),
        ReplayQuery.Create(terminal),
    };
}
