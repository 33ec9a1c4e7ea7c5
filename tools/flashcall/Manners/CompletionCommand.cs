using System.CommandLine;

namespace FlashCall.Cli.Manners;

/// <summary><c>flashcall completion</c>: what a shell has to know to complete the command.</summary>
internal static class CompletionCommand
{
    // The command completes itself: the shell hands over the line and where the cursor is in it, both without the command's own name.
    private const string Bash = """
        # flashcall: completion for bash. source <(flashcall completion bash)
        _flashcall() {
          local line=${COMP_LINE#* }
          local skipped=$((${#COMP_LINE} - ${#line}))
          local IFS=$'\n' word=${COMP_WORDS[COMP_CWORD]}
          COMPREPLY=($(compgen -W "$(flashcall "[suggest:$((COMP_POINT - skipped))]" "$line" 2>/dev/null)" -- "$word"))
        }
        complete -o default -F _flashcall flashcall
        """;

    private const string Zsh = """
        #compdef flashcall
        # flashcall: completion for zsh. source <(flashcall completion zsh)
        _flashcall() {
          local line=${BUFFER#* }
          local skipped=$((${#BUFFER} - ${#line}))
          local -a found
          found=("${(@f)$(flashcall "[suggest:$((CURSOR - skipped))]" "$line" 2>/dev/null)}")
          if (( ${#found} )) && [[ -n ${found[1]} ]]; then compadd -a found; else _files; fi
        }
        compdef _flashcall flashcall
        """;

    private const string Fish = """
        # flashcall: completion for fish. flashcall completion fish | source
        function __flashcall_complete
          set -l line (string replace -r '^\S+ ?' '' -- (commandline -cp))
          flashcall "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c flashcall -a '(__flashcall_complete)'
        """;

    private static readonly Dictionary<string, string> Scripts =
        new(StringComparer.Ordinal) { ["bash"] = Bash, ["zsh"] = Zsh, ["fish"] = Fish };

    public static Command Create(Terminal terminal)
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong([.. Scripts.Keys]);
        var command = new Command("completion", "Prints what a shell has to know to complete this command.") { shell };
        command.SetAction(async (parsed, _) =>
        {
            await terminal.Output.WriteLineAsync(Scripts[parsed.GetRequiredValue(shell)]);
            return CommandLine.Succeeded;
        });
        return command;
    }
}
