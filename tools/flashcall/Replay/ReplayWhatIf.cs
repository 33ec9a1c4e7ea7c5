using System.CommandLine;
using System.Globalization;
using FlashCall.Cli.Replay.WhatIf;
using FlashCall.Fraud.Policies;

namespace FlashCall.Cli.Replay;

/// <summary><c>flashcall replay what-if</c>: what another fraud policy, floor of the pool or ring time would have done to what was
/// recorded.</summary>
internal static class ReplayWhatIf
{
    public static Command Create(Terminal terminal)
    {
        var options = new Options();
        var database = new DatabaseOptions(terminal);
        var command = new Command("what-if",
            "Runs what was recorded through the fraud engine under another policy, and says what it would have refused or let through, "
            + "whom that would have turned away, which attacks it would have stopped, and what the calls would have cost. Likewise for a "
            + "floor of the number pool and for a ring time: docs/analysts.md.");
        options.AddTo(command);
        database.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var span = options.SpanOf(parsed);
            var policy = PolicyOf("--policy", parsed.GetValue(options.Policy));
            var other = PolicyOf("--base", parsed.GetValue(options.Base));
            using var differing = new DifferingSessions(parsed.GetValue(options.Sessions), parsed.GetValue(options.Output));
            var questions = new List<IQuestion>();
            var ofPolicy = policy is null
                ? null
                : new PolicyQuestion(0, policy, other, span, parsed.GetValue(options.RefusedThen), differing.Add);
            var ofFloor = parsed.GetValue(options.FloorBits) is { } bits ? new FloorQuestion(bits, span) : null;
            var ofRing = parsed.GetValue(options.RingTime) is { } seconds
                ? new RingTimeQuestion(TimeSpan.FromSeconds(seconds), span)
                : null;
            foreach (var question in (IQuestion?[])[ofPolicy, ofFloor, ofRing])
            {
                if (question is not null)
                    questions.Add(question);
            }
            var sessions = new RecordedSessions(questions);
            var display = new ReplayDisplay(terminal, TimeProvider.System, "What if");
            var log = new RecordedLog(display.Show);
            await display.RunAsync(async () =>
            {
                if (parsed.GetValue(options.Input) is { } input)
                {
                    await log.ReadAsync(input, sessions.Take, cancellationToken);
                }
                else
                {
                    await using var data = database.Open(parsed);
                    var from = span.From == DateTimeOffset.MinValue ? (DateTimeOffset?)null : span.From - options.WarmUpOf(parsed);
                    var to = span.To == DateTimeOffset.MaxValue ? (DateTimeOffset?)null : span.To;
                    await DatabaseOptions.WithAsync(async () =>
                    {
                        await log.ReadAsync(data, from, to, sessions.Take, cancellationToken);
                        return true;
                    });
                }
                sessions.Finish();
                return true;
            });
            differing.Complete();
            var report = new WhatIfReport(terminal);
            if (parsed.GetValue(options.Json))
                await report.PrintJsonAsync(sessions, log.Events, ofPolicy, ofFloor, ofRing, differing);
            else
                report.Print(sessions, log.Events, ofPolicy, ofFloor, ofRing, differing);
            return CommandLine.Succeeded;
        });
        return command;
    }

    private static Policy? PolicyOf(string option, FileInfo? file)
    {
        if (file is null)
            return null;
        byte[] text;
        try
        {
            text = File.ReadAllBytes(file.FullName);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"The file of {option} cannot be read: {exception.Message}", exception);
        }
        return PolicyReader.Read(text, out var mistakes) is { } document
            ? new Policy(document, number: 0)
            : throw new CommandException(
                $"The file of {option} is no policy: {string.Join(" ", mistakes.Select(mistake => $"{mistake.Path} {mistake.Problem}"))}");
    }

    private sealed class Options
    {
        private const string TimeForm = "Give something like 2026-11-01 or 2026-11-01T12:00:00Z.";

        public Option<FileInfo?> Policy { get; } = new("--policy")
        {
            Description = "A file with the policy that is asked about, as PUT /v1/fraud/policy takes it: docs/fraud.md.",
        };

        public Option<FileInfo?> Base { get; } = new("--base")
        {
            Description = "A file with the policy that it is held against, run in the same way; by default the recorded verdicts.",
        };

        public Option<double?> FloorBits { get; } = new("--floor-bits")
        {
            Description = "A floor of the number pool, in bits, 0 to 23: log2 of the numbers that could ring and begin as was told.",
        };

        public Option<double?> RingTime { get; } = new("--ring-time") { Description = "A ring time, in seconds, 1 to 30." };

        public Option<string?> From { get; } = new("--from")
        {
            Description = "Requests from this time on are counted (RFC 3339, or a date in UTC); by default from the first.",
        };

        public Option<string?> To { get; } = new("--to") { Description = "Requests before this time are counted; by default all." };

        public Option<string> WarmUp { get; } = new("--warm-up")
        {
            Description = "How much before --from is replayed to fill the engine's history, not counted: 36h, 14d. A rule with a window of "
                + "a day needs a day, shares and rates look back two weeks.",
            DefaultValueFactory = _ => "1d",
        };

        public Option<Unknown> RefusedThen { get; } = new("--refused-then")
        {
            Description = "What became of requests that were refused in truth where they are let through now, which nobody knows: "
                + "unverified (as an attack: the cautious guess), verified or withdrawn (never rang).",
            DefaultValueFactory = _ => Unknown.Unverified,
        };

        public Option<FileInfo?> Input { get; } = new("--input")
        {
            Description = "A file with events, as 'flashcall export --format ndjson' writes them, numbers in plain; by default the "
                + "database.",
        };

        public Option<int> Sessions { get; } = new("--sessions")
        {
            Description = "How many sessions that differ are shown, 0 to 10000.",
            DefaultValueFactory = _ => 20,
        };

        public Option<string?> Output { get; } = new("--output")
        {
            Description = "A file for all sessions that differ, as lines of JSON, numbers masked.",
        };

        public Option<bool> Json { get; } = new("--json") { Description = "Print the result as JSON." };

        public void AddTo(Command command)
        {
            Option[] all = [Policy, Base, FloorBits, RingTime, From, To, WarmUp, RefusedThen, Input, Sessions, Output, Json];
            foreach (var option in all)
                command.Add(option);
            command.Validators.Add(result =>
            {
                if (result.GetResult(Policy) is null && result.GetResult(FloorBits) is null && result.GetResult(RingTime) is null)
                    result.AddError("There is nothing to ask. Give --policy, --floor-bits or --ring-time.");
                if (result.GetResult(Base) is not null && result.GetResult(Policy) is null)
                    result.AddError("--base is held against a policy. Give --policy too.");
            });
            Check(FloorBits, static bits => bits is null or >= 0 and <= 23, "--floor-bits has to be 0 to 23.");
            Check(RingTime, static seconds => seconds is null or >= 1 and <= 30, "--ring-time has to be 1 to 30 seconds.");
            Check(Sessions, static count => count is >= 0 and <= 10_000, "--sessions has to be 0 to 10000.");
            Check(From, static text => text is null || TimeOf(text) is not null, "--from is no time. " + TimeForm);
            Check(To, static text => text is null || TimeOf(text) is not null, "--to is no time. " + TimeForm);
            Check(WarmUp, static text => LengthOf(text) is not null,
                "--warm-up is no length of time. Give something like 36h or 14d, at most 60d.");
        }

        public (DateTimeOffset From, DateTimeOffset To) SpanOf(ParseResult parsed)
        {
            var span = (
                From: TimeOf(parsed.GetValue(From)) ?? DateTimeOffset.MinValue,
                To: TimeOf(parsed.GetValue(To)) ?? DateTimeOffset.MaxValue);
            return span.From < span.To ? span : throw new CommandException("--from is not before --to. Nothing lies between them.");
        }

        public TimeSpan WarmUpOf(ParseResult parsed) => LengthOf(parsed.GetValue(WarmUp)) ?? TimeSpan.Zero;

        private static void Check<T>(Option<T> option, Func<T?, bool> isRight, string mistake) => option.Validators.Add(result =>
        {
            if (!isRight(result.GetValueOrDefault<T>()))
                result.AddError(mistake);
        });

        private static DateTimeOffset? TimeOf(string? text) => DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : null;

        private static TimeSpan? LengthOf(string? text)
        {
            if (text is not { Length: > 1 }
                || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                return null;
            }
            var length = text[^1] switch
            {
                'm' => TimeSpan.FromMinutes(count),
                'h' => TimeSpan.FromHours(count),
                'd' => TimeSpan.FromDays(Math.Min(count, 1000)),
                _ => (TimeSpan?)null,
            };
            return length <= TimeSpan.FromDays(60) ? length : null;
        }
    }
}
