using System.Net.Sockets;
using MassTransit;
using Npgsql;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;
using Xunit;

namespace FlashCall.Hosting.Tests;

/// <summary>What counts as an outage, which a message waits out, and what as the message's own.</summary>
public sealed class BusOutageTests
{
    private static Exception[] Outages =>
    [
        new NpgsqlException("refused", new SocketException((int)SocketError.ConnectionRefused)),
        new NpgsqlException("pool exhausted", new TimeoutException()),
        new TimeoutException(),
        Postgres("57P01"),
        Postgres("57P03"),
        Postgres("53100"),
        Postgres("53300"),
        Postgres("08006"),
        Postgres("28P01"),
        Postgres("3D000"),
        Postgres("25006"),
        new InvalidOperationException("wrapped by a library", Postgres("53100")),
        new AggregateException(new InvalidOperationException(), new TimeoutException()),
        new ConnectionException("away"),
        new OperationInterruptedException(new ShutdownEventArgs(RabbitMQ.Client.ShutdownInitiator.Peer, 320, "CONNECTION_FORCED")),
        new OperationCanceledException(),
        new ServiceAwayException(),
    ];

    private static Exception[] OwnFaults =>
    [
        new InvalidOperationException("a bug"),
        new FormatException("nonsense"),
        Postgres("23505"),
        Postgres("42P01"),
        Postgres("40001"),
        Postgres("57014"),
    ];

    [Fact]
    public void An_outage_is_nobody_s_fault() => Assert.All(Outages, exception => Assert.True(Known().Is(exception)));

    [Fact]
    public void What_may_lie_in_the_message_is_none() => Assert.All(OwnFaults, exception => Assert.False(Known().Is(exception)));

    [Fact]
    public void Only_the_service_that_says_so_waits_for_another() => Assert.False(new BusOutage([]).Is(new ServiceAwayException()));

    [Fact]
    public void Pauses_grow_to_eight_seconds_and_differ()
    {
        Assert.Equal(TimeSpan.FromMilliseconds(16), Redelivery.PauseBefore(1, chance: 0, isOutage: true));
        Assert.Equal(TimeSpan.FromMilliseconds(48), Redelivery.PauseBefore(2, chance: 1, isOutage: true));
        Assert.Equal(TimeSpan.FromSeconds(8), Redelivery.PauseBefore(10, chance: 0.5, isOutage: false));
        Assert.Equal(TimeSpan.FromSeconds(8), Redelivery.PauseBefore(int.MaxValue, chance: 0.5, isOutage: false));
        Assert.Equal(TimeSpan.FromSeconds(2), Redelivery.PauseBefore(int.MaxValue, chance: 0.5, isOutage: true));
    }

    private static BusOutage Known() => new([typeof(ServiceAwayException)]);

    private static PostgresException Postgres(string sqlState) => new("no", "ERROR", "ERROR", sqlState);

    private sealed class ServiceAwayException : Exception;
}
