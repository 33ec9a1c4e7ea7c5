using System.Reflection;
using Xunit;

namespace FlashCall.Architecture.Tests;

/// <summary>The walls between the rooms of the house: what each assembly may know of the others.</summary>
public sealed class WallTests
{
    private static readonly string[] Services = ["FlashCall.Gateway", "FlashCall.Verification", "FlashCall.NumberPool", "FlashCall.Fraud", "FlashCall.Dialer"];

    public static TheoryData<string, string[]> Rooms => new()
    {
        { "FlashCall.Contracts", [] },
        { "FlashCall.Sip", [] },
        { "FlashCall.Hosting", ["FlashCall.Contracts"] },
        { "FlashCall.EventLog", ["FlashCall.Contracts"] },
        { "FlashCall.Gateway", ["FlashCall.Contracts", "FlashCall.Hosting"] },
        { "FlashCall.Funnel", ["FlashCall.Contracts", "FlashCall.EventLog"] },
        { "FlashCall.Verification", ["FlashCall.Contracts", "FlashCall.Hosting", "FlashCall.EventLog", "FlashCall.Funnel"] },
        { "FlashCall.NumberPool", ["FlashCall.Contracts", "FlashCall.Hosting"] },
        { "FlashCall.FraudEngine", ["FlashCall.Contracts"] },
        { "FlashCall.Fraud", ["FlashCall.Contracts", "FlashCall.Hosting", "FlashCall.FraudEngine"] },
        { "FlashCall.Dialer", ["FlashCall.Contracts", "FlashCall.Hosting", "FlashCall.Sip"] },
        { "FlashCall.Handset", ["FlashCall.Sip"] },
    };

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_knows_no_other_than_these(string room, string[] known) =>
        Assert.Subset(known.ToHashSet(StringComparer.Ordinal), References(room).Where(name => name.StartsWith("FlashCall.", StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal));

    [Fact]
    public void Contracts_know_numbers_and_nothing_of_how_they_travel() => Assert.All(
        References("FlashCall.Contracts"),
        name => Assert.True(IsOfTheRuntime(name) || name == "PhoneNumbers", $"FlashCall.Contracts references {name}."));

    [Fact]
    public void Sip_needs_nothing_but_the_runtime_and_DNS() => Assert.All(
        References("FlashCall.Sip"),
        name => Assert.True(IsOfTheRuntime(name) || name == "DnsClient", $"FlashCall.Sip references {name}."));

    [Fact]
    public void The_fraud_engine_needs_nothing_but_the_runtime_and_numbering_plans() => Assert.All(
        References("FlashCall.FraudEngine"),
        name => Assert.True(
            IsOfTheRuntime(name) || name is "PhoneNumbers" or "FlashCall.Contracts", $"FlashCall.FraudEngine references {name}."));

    [Theory]
    [InlineData("FlashCall.EventLog", "Marten")]
    [InlineData("FlashCall.EventLog", "Microsoft.AspNetCore")]
    [InlineData("FlashCall.Gateway", "Marten")]
    [InlineData("FlashCall.NumberPool", "Marten")]
    [InlineData("FlashCall.Fraud", "Marten")]
    [InlineData("FlashCall.Dialer", "Marten")]
    public void A_room_does_without(string room, string library) =>
        Assert.DoesNotContain(References(room), name => name == library || name.StartsWith(library + ".", StringComparison.Ordinal));

    [Fact]
    public void Services_show_nothing_to_the_outside_but_what_travels()
    {
        // What is public in a service is either a message or somebody's temptation to reference it.
        foreach (var service in Services.Append("FlashCall.FraudEngine"))
        {
            foreach (var type in Assembly.Load(service).GetExportedTypes())
                Assert.True(type.Name is "SessionsMoved" or "Program", $"{type.FullName} is public. Make it internal; services meet in FlashCall.Contracts.");
        }
    }

    [Fact]
    public void MassTransit_stays_on_its_free_version() =>
        Assert.Equal(8, Assembly.Load("FlashCall.Hosting").GetReferencedAssemblies().First(name => name.Name == "MassTransit.Abstractions").Version!.Major);

    private static IEnumerable<string> References(string assembly) =>
        Assembly.Load(assembly).GetReferencedAssemblies().Select(name => name.Name!);

    private static bool IsOfTheRuntime(string name) =>
        name.StartsWith("System", StringComparison.Ordinal) || name is "netstandard" or "mscorlib" or "Microsoft.Win32.Primitives";
}
