using FlashCall.Contracts;
using FlashCall.Funnel;
using FlashCall.Verification.Analytics.Funnel;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Tests.Sessions;
using Marten;
using Xunit;

namespace FlashCall.Verification.Tests.Analytics;

/// <summary>What the funnel sees of an event.</summary>
public sealed class FunnelEventTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Stored", "golden");

    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(Folder, "*.json").Select(file => Path.GetFileName(file))];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_rebuild_reads_from_a_stored_event_what_the_daemon_reads_from_the_event(string file)
    {
        var name = file.Split('.')[0];
        var options = new StoreOptions();
        EventStore.Configure(options, TimeProvider.System);
        using var stream = File.OpenRead(Path.Combine(Folder, file));
        var happened = (VerificationEvent)options.Serializer().FromJson(EventStore.EventNames.Single(named => named.Value == name).Key, stream);

        Assert.Equal(FunnelEvents.Of(Spec.Id, happened), StoredEvents.Read(Spec.Id, name, File.ReadAllBytes(Path.Combine(Folder, file))));
    }

    [Fact]
    public void The_names_are_those_of_events_that_are_stored() =>
        Assert.Subset(EventStore.EventNames.Values.ToHashSet(StringComparer.Ordinal), StoredEvents.Names.ToHashSet(StringComparer.Ordinal));

    [Theory]
    [InlineData("+46701740605", "+467017")]
    [InlineData("+14155552671", "+141555")]
    [InlineData("+4520123456", "+452012")]
    [InlineData("+2902345", "+290")]
    public void A_prefix_is_short_enough_to_be_nobodys(string number, string prefix)
    {
        var short_ = System.Text.Json.JsonSerializer.Deserialize<PhoneNumber>($"\"{number}\"")!;
        Assert.Equal(prefix, FunnelEvent.PrefixOf(short_));
    }

    [Fact]
    public void An_erased_number_has_no_prefix() => Assert.Equal("", FunnelEvent.PrefixOf(PhoneNumber.Erased));

    [Fact]
    public void The_reasons_are_those_that_sessions_end_with() => Assert.Equal(
        (Reasons.NotReported, Reasons.CancelledByClient, Reasons.NewerSession),
        (FunnelEvent.ReasonOf("expired"), FunnelEvent.ReasonOf("cancelled"), FunnelEvent.ReasonOf("superseded")));
}
