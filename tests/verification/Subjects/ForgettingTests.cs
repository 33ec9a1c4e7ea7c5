using FlashCall.Contracts;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Tests.Sessions;
using Xunit;

namespace FlashCall.Verification.Tests.Subjects;

/// <summary>What is taken out of events, and what stays.</summary>
public sealed class ForgettingTests
{
    private static readonly PhoneNumber Number = Usual.Requested.To;

    [Fact]
    public void Of_a_request_goes_all_that_came_from_the_client_and_stays_what_is_counted_by()
    {
        var asked = Usual.Requested with
        {
            Reference = "user-4711",
            Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["campaign"] = "autumn" },
            Client = new ClientContext { Ip = "203.0.113.7", DeviceId = "d-1", UserAgent = "app/1" },
            TransactionHash = "44136fa3",
        };

        var left = Assert.IsType<SessionEvent.VerificationRequested>(Forgetting.Of(asked, Number, Usual.At(5)));

        Assert.Equal(
            asked with
            {
                To = PhoneNumber.Erased,
                Reference = null,
                Metadata = null,
                Client = ClientContext.Unknown,
                TransactionHash = null,
                Erased = new ErasedNumber { At = Usual.At(5), Region = "SE", Prefix = Number.E164[..8] },
            },
            left);
        Assert.Null(Forgetting.Of(left, Number, Usual.At(6)));
    }

    [Theory]
    [InlineData("+46701234567", "+4670123")]
    [InlineData("+4520123456", "+452012")]
    [InlineData("+29010000", "+2901")]
    public void Ten_thousand_numbers_at_least_have_the_prefix_that_stays(string number, string prefix)
    {
        Assert.True(PhoneNumber.TryParseKept(number, out var kept));
        Assert.Equal(prefix, ErasedNumber.Of(kept, Usual.At(0)).Prefix);
    }

    [Fact]
    public void A_range_as_long_as_the_number_goes_from_what_the_risk_was()
    {
        var factor = new RiskFactor
        {
            Code = "range_blocked",
            Weight = 100,
            Detail = $"Calls to {Number.E164} are blocked.",
            Evidence = new Dictionary<string, string>(StringComparer.Ordinal) { ["range"] = Number.E164[1..], ["other"] = "5" },
        };

        var left = Assert.IsType<SessionEvent.RiskAssessed>(Forgetting.Of(Usual.Allowed with { Factors = [factor] }, Number, Usual.At(5)));

        Assert.Equal("Calls to erased are blocked.", left.Factors[0].Detail);
        Assert.Equal(("erased", "5"), (left.Factors[0].Evidence!["range"], left.Factors[0].Evidence!["other"]));
        Assert.Equal("Calls to erased are blocked.", Assert.IsType<SessionEvent.VerificationDenied>(Forgetting.Of(
            new SessionEvent.VerificationDenied { At = Usual.At(1), Reason = "range_blocked", Detail = factor.Detail }, Number, Usual.At(5))).Detail);
    }

    [Fact]
    public void The_clients_own_word_goes_from_a_report() =>
        Assert.Equal(Usual.Right, Forgetting.Of(Usual.Right with { SourceText = "MANUAL" }, Number, Usual.At(5)));

    [Fact]
    public void What_happened_stays_as_it_is() => Assert.All(
        (VerificationEvent[])[Usual.Allowed, Usual.Started, Usual.Leased, Usual.Rang, Usual.Right, Usual.Succeeded, Usual.Ended, Usual.Cancelled],
        happened => Assert.Null(Forgetting.Of(happened, Number, Usual.At(5))));
}
