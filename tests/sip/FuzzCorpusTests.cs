using FlashCall.Fuzz;
using Xunit;

namespace FlashCall.Sip.Tests;

/// <summary>What fuzzing has found worth keeping, run again: nothing of it throws, and what can be read is written and read as the
/// same.</summary>
public sealed class FuzzCorpusTests
{
    [Fact]
    public async Task Nothing_of_the_corpus_shows_anything_wrong()
    {
        var files = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "corpus"));
        Assert.NotEmpty(files);
        await using var target = new FuzzTarget();
        foreach (var file in files)
            target.Run(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
        foreach (var name in TortureMessage.Names)
            target.Run(TortureMessage.Read(name));
    }

    [Fact]
    public async Task Random_changes_to_the_messages_of_RFC_4475_show_nothing_wrong()
    {
        var seeds = TortureMessage.Names.Select(TortureMessage.Read).ToArray();
        var random = new Random(4475);
        var mutator = new Mutator(random);
        await using var target = new FuzzTarget();
        for (var i = 0; i < 5_000; i++)
            target.Run(mutator.Mutate(seeds[random.Next(seeds.Length)], seeds[random.Next(seeds.Length)]));
    }
}
