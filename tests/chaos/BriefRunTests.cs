using Xunit;

namespace FlashCall.Chaos;

/// <summary>The platform under faults, for some seconds; <c>tests/chaos/run</c> is the same for longer, with all kinds of faults.</summary>
public sealed class BriefRunTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Nothing_is_lost_and_nothing_happens_twice_while_parts_die()
    {
        // Other tests run beside this one, and may take the processors for seconds: then it goes on until enough were verified, whichever
        // share of all they are, and deadlines have twice the grace.
        var options = new ChaosOptions
        {
            Length = TimeSpan.FromSeconds(16),
            Rate = 3,
            Seed = 7,
            IsBrief = true,
            Grace = TimeSpan.FromSeconds(20),
            LeastVerified = 10,
            LeastShare = 0,
        };

        var result = await new ChaosRun(options, output.WriteLine).RunAsync(TestContext.Current.CancellationToken);

        using var table = new StringWriter();
        result.Write(table);
        output.WriteLine(table.ToString());
        Assert.True(result.Breaches.Count == 0, table.ToString());
        // A run in which nothing happened shows nothing.
        Assert.True(result.Faults.Count >= 5, table.ToString());
        Assert.True(result.Entries.Streams.Count(stream => stream.Status == "verified") >= options.LeastVerified, table.ToString());
    }
}
