using Xunit;

namespace FlashCall.Contracts.Tests;

public sealed class MessageIdTests
{
    private static readonly Guid Cause = new("01990000-0000-7000-8000-000000000001");

    /// <summary>Two versions of a service that run side by side derive the same id, so the value itself is part of the contract.</summary>
    [Fact]
    public void The_same_cause_and_role_give_the_same_id_for_ever()
    {
        Assert.Equal(MessageId.Derive(Cause, "risk-assessed"), MessageId.Derive(Cause, "risk-assessed"));
        Assert.Equal(new Guid("fe965cf0-619d-89fa-8d42-883ae15615ee"), MessageId.Derive(Cause, "risk-assessed"));
    }

    [Fact]
    public void Another_cause_or_role_gives_another_id()
    {
        string[] roles = ["", "a", "ab", "risk-assessed", "risk-assessed ", "ångström", new string('x', 200)];
        Guid[] causes = [Guid.Empty, Cause, .. Enumerable.Range(0, 100).Select(_ => Guid.CreateVersion7())];
        var ids = (from cause in causes from role in roles select MessageId.Derive(cause, role)).ToArray();
        Assert.Equal(causes.Length * roles.Length, ids.Distinct().Count());
        // RFC 9562 §5.8: version 8, variant 10.
        Assert.All(ids, id => Assert.Equal((8, true), (id.Version, id.Variant is >= 8 and <= 11)));
    }
}
