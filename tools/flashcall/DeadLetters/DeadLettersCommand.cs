using System.CommandLine;

namespace FlashCall.Cli.DeadLetters;

/// <summary><c>flashcall dead-letters</c>: looks after the messages that no service could handle.</summary>
internal static class DeadLettersCommand
{
    public static Command Create(Terminal terminal) => new(
        "dead-letters", "Looks after messages that no service could handle: docs/operations.md. Talks to the broker, not to the API.")
    {
        ListDeadLetters.Create(terminal),
        ShowDeadLetter.Create(terminal),
        ReplayDeadLetters.Create(terminal),
        DropDeadLetters.Create(terminal),
    };
}
