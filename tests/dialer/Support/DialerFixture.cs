using System.Collections.Concurrent;
using System.Globalization;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Dialer.Tests.Support;

/// <summary>One dialer for the tests of a class, with many trunks: each test takes one of its own, so that what comes late to one test is
/// nothing to the next.</summary>
public sealed class DialerFixture(ServersFixture servers) : IAsyncLifetime
{
    private const int Trunks = 40;

    private readonly ConcurrentQueue<(string Name, int Port)> _trunks = new(
        Enumerable.Range(0, Trunks).Select(number => (string.Create(CultureInfo.InvariantCulture, $"trunk-{number}"), FreePort.Next())));

    private TestPlatform? _platform;
    private DialerReplica? _dialer;

    internal TestPlatform Platform => _platform!;

    internal DialerReplica Dialer => _dialer!;

    public async ValueTask InitializeAsync()
    {
        _platform = await TestPlatform.StartAsync(servers);
        _dialer = await DialerReplica.StartAsync(_platform, _trunks.ToDictionary(trunk => trunk.Name, trunk => $"127.0.0.1:{trunk.Port}"));
    }

    public async ValueTask DisposeAsync()
    {
        if (_dialer is not null)
            await _dialer.DisposeAsync();
        if (_platform is not null)
            await _platform.DisposeAsync();
    }

    /// <summary>A trunk that no other test uses: its name, and the port of 127.0.0.1 where its peer has to listen.</summary>
    internal (string Name, int Port) TakeTrunk() =>
        _trunks.TryDequeue(out var trunk) ? trunk : throw new InvalidOperationException("No trunk is left; let the fixture make more.");
}
