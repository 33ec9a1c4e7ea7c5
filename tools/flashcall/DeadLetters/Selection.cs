using System.CommandLine;

namespace FlashCall.Cli.DeadLetters;

/// <summary>The options that say which dead letters are meant.</summary>
internal sealed class Selection
{
    private readonly Option<string?> _queue = new("--queue")
    {
        Description = $"Of this queue only: {string.Join(", ", DeadLetterBroker.Homes)}.",
    };

    private readonly Option<string?> _type = new("--type") { Description = "Messages of this type only: AssessRisk." };
    private readonly Option<Guid?> _session = new("--session") { Description = "Of this session only." };
    private readonly Option<Guid?> _id = new("--id") { Description = "The message with this id only." };
    private readonly Option<bool>? _all;

    /// <param name="command">The command that they are for.</param>
    /// <param name="mustChoose">Whether all of them are meant only when that is said.</param>
    public Selection(Command command, bool mustChoose)
    {
        _queue.AcceptOnlyFromAmong([.. DeadLetterBroker.Homes]);
        command.Add(_queue);
        command.Add(_type);
        command.Add(_session);
        command.Add(_id);
        if (!mustChoose)
            return;
        _all = new Option<bool>("--all") { Description = "All of them." };
        command.Add(_all);
        command.Validators.Add(parsed =>
        {
            var isNarrowed = new Option[] { _queue, _type, _session, _id }.Any(option => parsed.GetResult(option) is not null);
            if (isNarrowed == parsed.GetValue(_all))
                parsed.AddError("Say which: --queue, --type, --session or --id, or --all and none of these.");
        });
    }

    /// <summary>The service's queue that they belong to; null for all.</summary>
    public string? HomeOf(ParseResult parsed) => parsed.GetValue(_queue);

    /// <summary>Whether a dead letter is meant.</summary>
    public bool Takes(ParseResult parsed, DeadLetter letter) =>
        (parsed.GetValue(_type) is not { } type || string.Equals(letter.Type, type, StringComparison.OrdinalIgnoreCase))
        && (parsed.GetValue(_session) is not { } session || IsSame(letter.Session, session))
        && (parsed.GetValue(_id) is not { } id || IsSame(letter.MessageId, id));

    /// <summary>Whether a text is the id, in whichever of its forms.</summary>
    public static bool IsSame(string? text, Guid id) => Guid.TryParse(text, out var parsed) && parsed == id;
}
