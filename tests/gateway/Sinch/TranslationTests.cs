using CsCheck;
using FlashCall.Gateway.Sinch;

namespace FlashCall.Gateway.Tests.Sinch;

/// <summary>The words of the one surface in those of the other.</summary>
public sealed class TranslationTests
{
    [Theory]
    [InlineData("pending", null, "PENDING", null)]
    [InlineData("ringing", null, "PENDING", null)]
    [InlineData("awaiting_report", null, "PENDING", null)]
    [InlineData("verified", null, "SUCCESSFUL", null)]
    [InlineData("failed", "too_many_reports", "FAIL", "Invalid CLI")]
    [InlineData("failed", "caller_id_withheld", "FAIL", "Invalid CLI")]
    [InlineData("failed", "callee_busy", "ERROR", "Network error or number unreachable")]
    [InlineData("failed", "number_not_in_service", "ERROR", "Network error or number unreachable")]
    [InlineData("failed", "callee_limit", "DENIED", "Blocked")]
    [InlineData("failed", "call_lost", "ERROR", "Internal error")]
    [InlineData("denied", "destination_not_allowed", "DENIED", "Destination denied")]
    [InlineData("denied", "block_listed", "DENIED", "Blocked")]
    [InlineData("denied", "spend_cap", "DENIED", "Not enough credit")]
    [InlineData("denied", "number_velocity", "DENIED", "Fraud")]
    [InlineData("denied", "callback_invalid", "DENIED", "Invalid callback")]
    [InlineData("expired", "not_reported", "FAIL", "Expired")]
    [InlineData("cancelled", "cancelled_by_client", "ABORTED", null)]
    [InlineData("superseded", "newer_session", "ABORTED", null)]
    [InlineData("error", "risk_unavailable", "ERROR", "Internal error")]
    public void A_session_has_one_outcome(string status, string? reason, string expected, string? expectedReason) =>
        Assert.Equal(new SinchOutcome(expected, expectedReason), SinchOutcome.Of(status, reason));

    [Theory]
    [InlineData(null)]
    [InlineData(null, "invited", "ringing")]
    [InlineData("CANCEL", "invited", "ringing", "hung_up")]
    [InlineData("ANSWERED", "invited", "ringing", "answered")]
    [InlineData("FAILED", "call_not_placed")]
    [InlineData("BUSY", "invited", "call_ended:Busy")]
    [InlineData("NO_ANSWER", "invited", "call_ended:Unreachable")]
    [InlineData("FAILED", "call_ended:TrunkFailed")]
    [InlineData("CANCEL", "call_ended:TrunkFailed", "invited", "ringing", "hung_up", "client_telemetry")]
    public void A_call_has_one_result(string? expected, params string[] steps) => Assert.Equal(
        expected,
        SinchOutcome.CallResult(steps.Select(step => new SinchSession.Step(step.Split(':')[0], step.Contains(':', StringComparison.Ordinal) ? step.Split(':')[1] : null))));

    [Theory]
    [InlineData("+442079460", "(.*)2079460(.*)")]
    [InlineData("+1815654", "(.*)815654(.*)")]
    [InlineData("+4420", "(.*)4420(.*)")]
    [InlineData("+46", "(.*)46(.*)")]
    [InlineData("+35812345", "(.*)12345(.*)")]
    public void A_phone_looks_for_what_all_numbers_of_the_pool_have_in_common(string prefix, string expected) =>
        Assert.Equal(expected, CliFilter.Of(prefix));

    [Fact]
    public void Any_custom_text_is_kept_as_it_is()
    {
        var text = Gen.OneOf(
            Gen.Char['a', 'z'].Array[0, SinchNotes.LongestCustom].Select(signs => new string(signs)),
            Gen.Bool.Array[0, SinchNotes.LongestCustom / 2].Select(signs => string.Concat(signs.Select(wide => wide ? "\U0001F4DE" : "x"))));
        text.Sample(custom =>
        {
            var notes = SinchNotes.Write(Guid.CreateVersion7(), custom);
            Assert.Equal(custom.Length == 0 ? null : custom, SinchNotes.CustomOf(notes));
            Assert.True(notes.Count <= 16);
            Assert.All(notes, note =>
            {
                Assert.True(note.Key.Length <= 64 && note.Value.Length <= 512);
                Assert.False(note.Value.Length > 0 && (char.IsHighSurrogate(note.Value[^1]) || char.IsLowSurrogate(note.Value[0])));
            });
        });
    }
}
