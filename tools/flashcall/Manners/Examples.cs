namespace FlashCall.Cli.Manners;

/// <summary>An example of a command.</summary>
/// <param name="Text">What is typed after <c>flashcall</c>.</param>
/// <param name="Meaning">What it is for.</param>
internal sealed record Example(string Text, string Meaning);

/// <summary>The examples that the help shows. A new command gets one here: a test looks for it, and parses it.</summary>
internal static class Examples
{
    private static readonly Example[] All =
    [
        new("verify --to +46701740605 --handset http://127.0.0.1:8090", "rings the demo's phone, and reports what it shows"),
        new("verify --to +46701740605", "rings a phone, and asks you which number called"),
        new("numbers list --country GB --all", "every number of a country"),
        new("numbers show +442079460123", "one number: its state, its history, its calls"),
        new("numbers add +4420794600xx --trunk carrier-1 --tag spring", "a block of a hundred"),
        new("numbers import numbers.csv --dry-run", "what a file would bring, and what would be refused"),
        new("numbers import numbers.csv --trunk carrier-1 --report refused.csv", "a file, and the refused lines in another"),
        new("numbers rest +442079460123 --for 7d --reason blocked", "a week's rest"),
        new("numbers retire +442079460000-+442079460099 --reason \"contract ended\"", "a span that rings no more"),
        new("numbers activate +442079460123 --reason \"carrier mended it\"", "back into use"),
        new("numbers remove +442079460123 --reason \"typing mistake\"", "out of the pool"),
        new("numbers statistics --json", "counts for a program"),
        new("numbers strength", "how hard codes are to guess, and how many numbers to buy"),
        new("applications list", "who may call"),
        new("applications show shop", "one application with its keys"),
        new("applications create shop --name \"Web shop\" --scope verifications:write --save-api-key shop.key",
            "an application, its key in a file"),
        new("applications ensure shop --scope verifications:write --save-api-key shop.key", "for scripts that may run again"),
        new("applications change shop --requests 600/minute", "another limit"),
        new("applications delete shop", "an application and its keys"),
        new("applications keys add shop --name \"second data centre\"", "a further key"),
        new("applications keys list shop", "the keys of an application"),
        new("applications keys revoke shop 01990000-0000-7000-8000-000000000001", "a key that works no more"),
        new("secrets --out /etc/flashcall/secrets", "the secrets that are missing"),
        new("export --format parquet --output events.parquet --from 2026-11-23 --to 2026-11-24 --key-file operator-api-key",
            "a day's events for DuckDB or pandas"),
        new("export --what sessions --format csv --output sessions.csv --country SE", "a row for each session"),
        new("dead-letters list", "what no service could handle, and why"),
        new("dead-letters show 01990000-0000-7000-8000-000000000001", "one message, numbers masked"),
        new("dead-letters replay --queue fraud", "once more, after it was mended"),
        new("dead-letters drop --type AssessRisk --yes", "away with them"),
        new("replay funnel --rate 20000", "the funnel anew, gently"),
        new("replay query --expression e.Type", "how many events of each name there are"),
        new("replay query slow-countries.cs --from 2026-11-01T00:00:00Z --state slow.json",
            "a question of your own, which can be interrupted"),
        new("replay what-if --policy new.json --from 2026-11-01 --to 2026-11-08", "what another fraud policy would have done in that week"),
        new("replay what-if --policy new.json --base current.json --output differ.ndjson --json",
            "two policies, and all sessions that differ"),
        new("replay what-if --floor-bits 12 --ring-time 3", "another floor of the pool, another ring time"),
        new("completion bash", "then: source <(flashcall completion bash)"),
    ];

    /// <summary>Those of a command, or of the commands in it.</summary>
    /// <param name="path">The command's name with those that it belongs to; empty for all.</param>
    public static IEnumerable<Example> Of(string path) =>
        All.Where(example => path.Length == 0 || example.Text == path || example.Text.StartsWith(path + " ", StringComparison.Ordinal));
}
