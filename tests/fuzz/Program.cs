using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using FlashCall.Fuzz;
using FlashCall.Sip.Tests;

// Runs the corpus, then changes it at random for as long as it is told to. An input that does something new is kept, and worked on; one
// that shows something wrong is written into the folder of crashes.
if (args is not [var corpusFolder, var minutesText]
    || !double.TryParse(minutesText, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var minutes))
{
    Console.Error.WriteLine("Give the folder of the corpus and the minutes to run, as tests/fuzz/run does.");
    return 2;
}
// Up to this many inputs are kept, and none that is larger, so that the corpus stays small.
const int MostKept = 400;
const int MostKeptBytes = 2_000;
const int InputsPerTarget = 5_000;
const int SecondsPerReport = 15;

var crashFolder = Path.Combine(corpusFolder, "..", "crashes");
var seed = Random.Shared.Next();
var random = new Random(seed);
var mutator = new Mutator(random);
var corpus = new List<byte[]>();
var seen = new HashSet<string>(StringComparer.Ordinal);
var found = new HashSet<string>(StringComparer.Ordinal);
var (runs, kept) = (0L, 0);
Directory.CreateDirectory(corpusFolder);
var target = new FuzzTarget();
foreach (var input in TortureMessage.Names.Select(TortureMessage.Read).Concat(Directory.GetFiles(corpusFolder).Select(File.ReadAllBytes)))
    Try(input, isNew: false);

var began = Stopwatch.GetTimestamp();
var reportedAt = 0;
while (Stopwatch.GetElapsedTime(began).TotalMinutes < minutes)
{
    Try(mutator.Mutate(corpus[random.Next(corpus.Count)], corpus[random.Next(corpus.Count)]), isNew: true);
    if (runs % InputsPerTarget == 0)
    {
        // A fresh stack: what earlier inputs left behind shall not decide what later ones do.
        await target.DisposeAsync();
        target = new FuzzTarget();
        var elapsed = (int)Stopwatch.GetElapsedTime(began).TotalSeconds;
        if (elapsed - reportedAt >= SecondsPerReport)
        {
            reportedAt = elapsed;
            Console.Error.WriteLine($"{elapsed,4} s  {runs:N0} inputs, {kept} kept, {found.Count} that show something wrong");
        }
    }
}
await target.DisposeAsync();
var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
Console.WriteLine(JsonSerializer.Serialize(new
{
    seed,
    executions = runs,
    seconds = Math.Round(seconds, 1),
    executions_per_second = Math.Round(runs / seconds),
    kept_inputs = kept,
    corpus_inputs = corpus.Count,
    crashes = found.Count,
}));
return found.Count == 0 ? 0 : 1;

void Try(byte[] input, bool isNew)
{
    runs++;
    try
    {
        if (!seen.Add(target.Run(input)))
            return;
        corpus.Add(input);
        if (isNew && input.Length <= MostKeptBytes && Directory.GetFiles(corpusFolder).Length < MostKept)
        {
            File.WriteAllBytes(Path.Combine(corpusFolder, NameOf(input)), input);
            kept++;
        }
    }
    catch (FuzzException exception)
    {
        // One file for each way to go wrong, not for each input that does.
        if (!found.Add($"{exception.Message}{exception.InnerException?.StackTrace?.Split('\n')[0]}"))
            return;
        Directory.CreateDirectory(crashFolder);
        File.WriteAllBytes(Path.Combine(crashFolder, NameOf(input)), input);
        Console.Error.WriteLine($"{NameOf(input)}: {exception}");
    }
}

static string NameOf(byte[] input) => $"{Convert.ToHexStringLower(SHA256.HashData(input))[..16]}.sip";
