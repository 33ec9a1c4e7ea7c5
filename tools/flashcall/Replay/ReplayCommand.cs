using System.CommandLine;

namespace FlashCall.Cli.Replay;

/// <summary><c>flashcall replay</c>: what can be made of the event log once more.</summary>
internal static class ReplayCommand
{
    public static Command Create(Terminal terminal) => new("replay", "Replays the event log: rebuilds the funnel, answers a question of your own, or asks what another policy would have done.")
    {
        ReplayFunnel.Create(terminal),
        ReplayQuery.Create(terminal),
        ReplayWhatIf.Create(terminal),
    };
}
