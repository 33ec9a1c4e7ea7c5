using System.Globalization;
using FlashCall.Contracts;
using FlashCall.Dialer.Tests.Support;
using Xunit;

namespace FlashCall.Dialer.Tests;

/// <summary>What refusals of a trunk that is not ours come to, each acknowledged in the INVITE's own transaction.</summary>
public sealed class SippRefusalTests(DialerFixture dialer) : IClassFixture<DialerFixture>
{
    [Theory]
    [InlineData(400, "Bad Request", CallDisposition.TrunkFailed)]
    [InlineData(403, "Forbidden", CallDisposition.Rejected)]
    [InlineData(404, "Not Found", CallDisposition.InvalidNumber)]
    [InlineData(408, "Request Timeout", CallDisposition.Unreachable)]
    [InlineData(410, "Gone", CallDisposition.Unreachable)]
    [InlineData(420, "Bad Extension", CallDisposition.TrunkFailed)]
    [InlineData(480, "Temporarily Unavailable", CallDisposition.Unreachable)]
    [InlineData(484, "Address Incomplete", CallDisposition.InvalidNumber)]
    [InlineData(486, "Busy Here", CallDisposition.Busy)]
    [InlineData(488, "Not Acceptable Here", CallDisposition.TrunkFailed)]
    [InlineData(499, "No Status That Anybody Has Defined", CallDisposition.TrunkFailed)]
    [InlineData(500, "Server Internal Error", CallDisposition.TrunkFailed)]
    [InlineData(502, "Bad Gateway", CallDisposition.TrunkFailed)]
    [InlineData(504, "Server Time-out", CallDisposition.TrunkFailed)]
    [InlineData(600, "Busy Everywhere", CallDisposition.Busy)]
    [InlineData(603, "Decline", CallDisposition.Rejected)]
    [InlineData(604, "Does Not Exist Anywhere", CallDisposition.InvalidNumber)]
    [InlineData(606, "Not Acceptable", CallDisposition.TrunkFailed)]
    public async Task Every_refusal_has_its_disposition(int status, string words, CallDisposition disposition)
    {
        var (trunk, port) = dialer.TakeTrunk();
        await using var sipp = await Sipp.StartAsync(
            "refuses", port, ("status", status.ToString(CultureInfo.InvariantCulture)), ("words", words));
        var call = Commands.Place(trunk);
        await dialer.Platform.SendAsync(call);

        var end = await dialer.Platform.EndOfAsync(call);
        await sipp.SucceedsAsync();

        Assert.Equal((disposition, status, false, null), (end.Disposition, end.SipStatus, end.Answered, end.RangAt));
        Assert.Empty(dialer.Platform.RingsOf(call));
        Assert.Single(dialer.Platform.EndsOf(call));
    }
}
