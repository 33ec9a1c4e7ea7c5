using FlashCall.Dialer.Routing;
using Xunit;

namespace FlashCall.Dialer.Tests.Routing;

public sealed class CallMeterTests
{
    [Fact]
    public void Calls_count_for_ten_seconds()
    {
        var meter = new CallMeter();
        Assert.Equal(0, meter.PerSecond(TimeSpan.Zero));
        for (var call = 0; call < 40; call++)
            meter.Count(TimeSpan.FromSeconds(call * 0.5));
        Assert.Equal(2, meter.PerSecond(TimeSpan.FromSeconds(19.5)));
        Assert.Equal(1, meter.PerSecond(TimeSpan.FromSeconds(24.9)));
        Assert.Equal(0, meter.PerSecond(TimeSpan.FromSeconds(29)));
        meter.Count(TimeSpan.FromSeconds(100));
        Assert.Equal(0.1, meter.PerSecond(TimeSpan.FromSeconds(100)));
    }
}
