using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using FlashCall.Dialer.Routing;
using FlashCall.Dialer.Signalling;
using FlashCall.Dialer.Trunks;
using FlashCall.Sip;
using FlashCall.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FlashCall.Dialer.Tests.Routing;

/// <summary>What OPTIONS finds out, over real sockets.</summary>
public sealed class TrunkHealthTests : IAsyncLifetime
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(20);
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly OptionsPeer _first = new();
    private readonly OptionsPeer _second = new();
    private readonly DialerSettings _settings = new()
    {
        SipListen = new IPEndPoint(IPAddress.Loopback, 0),
        SipT1 = TimeSpan.FromMilliseconds(20),
    };
    private readonly SipEndpoint _sip;
    private readonly TrunkConditions _conditions;
    private readonly TrunkHealth _health;
    private readonly string _name = $"trunk-{Guid.NewGuid():N}";
    private IReadOnlyList<Trunk> _trunks = [];

    public TrunkHealthTests()
    {
        var metrics = new RoutingMetrics(_services.GetRequiredService<IMeterFactory>());
        _sip = new SipEndpoint(_settings, TimeProvider.System, NullLogger<SipEndpoint>.Instance);
        _conditions = new TrunkConditions(metrics, TimeProvider.System, NullLogger<TrunkConditions>.Instance);
        _health = new TrunkHealth(
            new TrunkSource(() => Volatile.Read(ref _trunks)), new OptionsProbe(_sip, _settings, TimeProvider.System), _conditions, metrics,
            TimeProvider.System, NullLogger<TrunkHealth>.Instance);
    }

    private TrunkCondition Condition => _conditions.Of(_name);

    public async ValueTask InitializeAsync()
    {
        await _sip.StartAsync(CancellationToken.None);
        await _health.StartAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _health.StopAsync(CancellationToken.None);
        _health.Dispose();
        await _sip.DisposeAsync();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
        await _services.DisposeAsync();
    }

    [Theory]
    [InlineData(200)]
    [InlineData(302)]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(405)]
    [InlineData(481)]
    [InlineData(500)]
    [InlineData(603)]
    public async Task Whoever_answers_is_there(int status)
    {
        _first.Status = status;
        Use(Trunk(_first));
        var health = await OfAsync(0, Reachability.Up);
        Assert.Equal(status, health.Status);
        Assert.InRange(health.RoundTrip!.Value.TotalSeconds, 0, 5);
        Assert.InRange(health.AskedAt!.Value, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow);
        Assert.Equal(new TrunkCondition(Admission.All, Reachability.Up), Condition);
    }

    [Theory]
    [InlineData(503)]
    [InlineData(408)]
    [InlineData(null)]
    public async Task A_trunk_without_service_is_taken_out_and_brought_back_by_its_next_answer(int? status)
    {
        _first.Status = status;
        Use(Trunk(_first));
        var health = await OfAsync(0, Reachability.Down);
        Assert.Equal((status, status is not null), (health.Status, health.RoundTrip is not null));
        await BecomesAsync(Admission.None, Reachability.Down);
        Assert.Equal(OutReason.OptionsFailed, Assert.IsType<BreakerState.Open>(_conditions.BreakerOf(_name)).Reason);

        _first.Status = 200;
        await BecomesAsync(Admission.All, Reachability.Up);
    }

    [Fact]
    public async Task A_trunk_is_there_while_one_of_its_addresses_is()
    {
        _first.Status = null;
        Use(Trunk(_first, _second));
        await OfAsync(0, Reachability.Down);
        await OfAsync(1, Reachability.Up);
        await BecomesAsync(Admission.All, Reachability.Up);

        _second.Status = 503;
        await OfAsync(1, Reachability.Down);
        await BecomesAsync(Admission.None, Reachability.Down);

        _first.Status = 200;
        await BecomesAsync(Admission.All, Reachability.Up);
        await OfAsync(0, Reachability.Up);
    }

    [Fact]
    public async Task Before_the_first_answer_nothing_is_known_and_calls_go_out()
    {
        _first.Status = null;
        _second.Status = 100;
        Use(Trunk(_first), Trunk(_second) with { Name = _name + "-tries" });
        await Eventually.TrueAsync(() => _health.Of(_name).Count == 1, "the trunk is watched");
        // Whether it is down already depends on the machine; that it was unknown does not.
        Assert.True(_health.Of(_name)[0].AskedAt is not null || Condition == new TrunkCondition(Admission.All, Reachability.Unknown));
        await OfAsync(0, Reachability.Down);
        // 100 is no answer.
        await Eventually.TrueAsync(() => _health.Of(_name + "-tries")[0].Reachability == Reachability.Down, "it is down");
    }

    [Fact]
    public async Task An_address_that_cannot_be_reached_is_down()
    {
        Use(Trunk(_first) with { Addresses = ["[2001:db8::10]:5060"] });
        var health = await OfAsync(0, Reachability.Down);
        Assert.Equal((null, null), (health.Status, health.RoundTrip));
        await BecomesAsync(Admission.None, Reachability.Down);
    }

    [Fact]
    public async Task A_trunk_that_shall_not_be_asked_counts_as_there()
    {
        Use(Trunk(_first) with { OptionsInterval = TimeSpan.Zero }, Trunk(_second) with { Name = _name + "-other" });
        await Eventually.TrueAsync(() => _second.Asked.Count >= 3, "the other trunk is asked again and again");
        Assert.Empty(_first.Asked);
        Assert.Empty(_health.Of(_name));
        Assert.Equal(new TrunkCondition(Admission.All, Reachability.Up), Condition);
    }

    [Fact]
    public async Task Trunks_are_followed_as_they_come_change_and_go()
    {
        Use(Trunk(_first) with { State = TrunkState.Draining });
        await OfAsync(0, Reachability.Up);

        _first.Status = null;
        await BecomesAsync(Admission.None, Reachability.Down);
        Use(Trunk(_second));
        await OfAsync(0, Reachability.Up);
        await BecomesAsync(Admission.All, Reachability.Up);
        Assert.Equal(_second.Address, Assert.Single(_health.Of(_name)).Address);

        Use();
        await Eventually.TrueAsync(() => _health.Of(_name).Count == 0, "the trunk is forgotten");
        Assert.DoesNotContain(_conditions.All(), trunk => trunk.Trunk == _name);
    }

    [Fact]
    public async Task A_change_that_does_not_touch_its_addresses_leaves_what_is_known()
    {
        Use(Trunk(_first));
        await OfAsync(0, Reachability.Up);
        for (var call = 0; call < 3; call++)
            _conditions.Report(_name, new TrunkOutcome.Failed(), DateTimeOffset.UtcNow);
        Use(Trunk(_first) with { Weight = 7, State = TrunkState.Draining });
        var asked = _first.Asked.Count;
        await Eventually.TrueAsync(() => _first.Asked.Count > asked + 2, "it is asked as before");
        Assert.Equal(Admission.None, Condition.Admission);
        Assert.Equal(OutReason.CallsFailed, Assert.IsType<BreakerState.Open>(_conditions.BreakerOf(_name)).Reason);
    }

    [Fact]
    public async Task The_request_is_one_that_a_carrier_takes()
    {
        Use(Trunk(_first) with { Domain = "calls.example" });
        await OfAsync(0, Reachability.Up);
        var options = _first.Asked.First();
        Assert.Equal((SipMethod.Options, $"sip:{_first.Address}", "sip:calls.example"),
            (options.Method, options.Uri.Text, options.From.Uri.Text));
        Assert.Equal($"sip:{_sip.LocalEndPoint}", options.Contact!.Uri.Text);
        Assert.Equal("application/sdp", options.Headers["Accept"]);
        Assert.NotNull(options.From.Tag);
        Assert.Null(options.To.Tag);
        Assert.Equal(70, options.MaxForwards);
        Assert.Equal(_first.Asked.Count, _first.Asked.Select(each => each.CallId).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task Round_trips_and_who_is_up_are_published()
    {
        var figures = new ConcurrentQueue<(string Name, double Value)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, meters) =>
            {
                if (instrument.Name.StartsWith("flashcall.dialer.trunk.", StringComparison.Ordinal))
                    meters.EnableMeasurementEvents(instrument);
            },
        };
        void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags.Length == 1 && tags[0].Key == "trunk" && tags[0].Value as string == _name)
                figures.Enqueue((instrument.Name, value));
        }
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.Start();
        Use(Trunk(_first));
        await OfAsync(0, Reachability.Up);
        listener.RecordObservableInstruments();
        Assert.Contains(("flashcall.dialer.trunk.up", 1), figures);
        Assert.InRange(figures.First(figure => figure.Name == "flashcall.dialer.trunk.options.round_trip").Value, 0, 5);

        _first.Status = 503;
        await BecomesAsync(Admission.None, Reachability.Down);
        listener.RecordObservableInstruments();
        Assert.Contains(("flashcall.dialer.trunk.up", 0), figures);
    }

    private Trunk Trunk(params OptionsPeer[] peers) => Trunks.Named(_name) with
    {
        Addresses = [.. peers.Select(peer => peer.Address)],
        OptionsInterval = Often,
    };

    private void Use(params Trunk[] trunks) => Volatile.Write(ref _trunks, trunks);

    private Task<AddressHealth> OfAsync(int index, Reachability expected) => Eventually.ValueAsync(
        () => Task.FromResult(_health.Of(_name).ElementAtOrDefault(index) is { } health && health.Reachability == expected ? health : null),
        $"address {index} is {expected}");

    private Task BecomesAsync(Admission admission, Reachability reachability) =>
        Eventually.TrueAsync(() => Condition == new TrunkCondition(admission, reachability), $"the trunk is {reachability}");
}
