using FlashCall.Verification.Verifications;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace FlashCall.Verification.Tests;

public sealed class PreferencesTests
{
    [Theory]
    [InlineData("wait=5", 5)]
    [InlineData("wait=0", 0)]
    [InlineData("wait=60", 60)]
    [InlineData("wait=61", 60)]
    [InlineData("wait=2147483647", 60)]
    [InlineData("Wait = 7", 7)]
    [InlineData("wait=\"8\"", 8)]
    [InlineData("return=minimal, wait=9; x=1", 9)]
    [InlineData("wait=3, wait=4", 3)]
    [InlineData("wait", null)]
    [InlineData("wait=", null)]
    [InlineData("wait=-1", null)]
    [InlineData("wait=1.5", null)]
    [InlineData("wait=soon", null)]
    [InlineData("wait=99999999999", null)]
    [InlineData("waiting=5", null)]
    [InlineData("", null)]
    public void A_wait_is_read_where_it_is_one(string header, int? seconds)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers["Prefer"] = header;

        Assert.Equal(seconds, (int?)Preferences.Wait(context.Request)?.TotalSeconds);
    }

    [Fact]
    public void Several_lines_are_one_list()
    {
        var context = new DefaultHttpContext();
        context.Request.Headers["Prefer"] = new[] { "respond-async", "wait=2" };

        Assert.Equal(TimeSpan.FromSeconds(2), Preferences.Wait(context.Request));
    }

    [Theory]
    [InlineData("\"5\"", true)]
    [InlineData("W/\"5\"", true)]
    [InlineData("\"4\", \"5\"", true)]
    [InlineData("*", true)]
    [InlineData("\"4\"", false)]
    [InlineData("5", false)]
    [InlineData("", false)]
    public void A_version_is_known_by_its_tag(string header, bool isKnown)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.IfNoneMatch = header;

        Assert.Equal(isKnown, VerificationHeaders.HasVersion(context.Request, 5));
    }
}
