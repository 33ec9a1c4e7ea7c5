using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using FlashCall.Contracts;
using FlashCall.Dialer.Calls;
using FlashCall.Dialer.Tests.Support;
using FlashCall.Sip;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Dialer.Tests;

/// <summary>Calls over a network that loses, doubles and delays datagrams, to the handset's phones. What a call has to come to follows
/// from what arrived at the dialer, whatever that was.</summary>
public sealed class LossTests(ServersFixture servers) : IAsyncLifetime
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan T1 = TimeSpan.FromMilliseconds(100);

    // Clocks are read on both sides of a socket, on a machine that may be busy.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(2);

    private readonly int _port = FreePort.Next();
    private TestPlatform? _platform;
    private ServiceProcess? _handset;

    private TestPlatform Platform => _platform!;

    public async ValueTask InitializeAsync()
    {
        _platform = await TestPlatform.StartAsync(servers);
        _handset = await ServiceProcess.StartHandsetAsync(_port, $"--Handset:T1={T1:c}");
    }

    public async ValueTask DisposeAsync()
    {
        _handset?.Dispose();
        if (_platform is not null)
            await _platform.DisposeAsync();
    }

    [Fact]
    public async Task On_a_path_that_loses_a_fifth_every_call_ends_as_what_arrived_says_and_no_phone_rings_on()
    {
        await using var path = new LossyPath(new IPEndPoint(IPAddress.Loopback, _port), LossyPath.Poor(seed: 20261123));
        await using var dialer = await DialerReplica.StartAsync(Platform, new Dictionary<string, string> { ["lossy"] = path.Address });
        // The handset's phones by number: most ring, and ten of each pick up, are busy, reject, are unreachable, announce.
        var calls = (int[])[.. Enumerable.Range(1000, 30), .. Enumerable.Range(610, 30), .. Enumerable.Range(650, 20)];
        var commands = calls.Select(number => Call("lossy", string.Create(CultureInfo.InvariantCulture, $"+4670174{number:D4}"))).ToArray();
        await Task.WhenAll(commands.Select(Platform.SendAsync));

        foreach (var command in commands)
        {
            var end = await Platform.EndOfAsync(command, seconds: 40);
            await EndsAsWhatArrivedSaysAsync(command, end, path);
            await PhoneStopsAsync(command, end, path);
        }
    }

    [Fact]
    public async Task Whichever_message_is_lost_comes_again_and_the_call_ends_as_it_should()
    {
        (string Lost, string Callee, CallDisposition Disposition, int Status)[] courses =
        [
            ("INVITE", "+46701741001", CallDisposition.Rang, 487),
            ("100 INVITE", "+46701741002", CallDisposition.Rang, 487),
            // A 180 that follows a 100 is sent once: nothing tells that the phone rings, but it is cancelled all the same.
            ("180 INVITE", "+46701741003", CallDisposition.NotRinging, 487),
            ("CANCEL", "+46701741004", CallDisposition.Rang, 487),
            ("200 CANCEL", "+46701741005", CallDisposition.Rang, 487),
            ("487 INVITE", "+46701741006", CallDisposition.Rang, 487),
            ("ACK", "+46701741007", CallDisposition.Rang, 487),
            ("486 INVITE", "+46701740620", CallDisposition.Busy, 486),
            ("200 INVITE", "+46701740610", CallDisposition.Answered, 200),
            ("ACK", "+46701740611", CallDisposition.Answered, 200),
            ("BYE", "+46701740612", CallDisposition.Answered, 200),
            ("200 BYE", "+46701740613", CallDisposition.Answered, 200),
        ];
        // The first two of each.
        var left = courses.ToDictionary(course => course.Callee, _ => 2, StringComparer.Ordinal);
        await using var path = new LossyPath(new IPEndPoint(IPAddress.Loopback, _port), (_, message) =>
            courses.Any(course => (course.Callee, course.Lost) == (message.To.Uri.User, Passage.KindOf(message)))
            && left[message.To.Uri.User!]-- > 0 ? Fate.IsLost : Fate.Arrives);
        await using var dialer = await DialerReplica.StartAsync(Platform, new Dictionary<string, string> { ["lossy"] = path.Address });
        var commands = courses.Select(course => Call("lossy", course.Callee, ringSeconds: course.Status == 200 ? 10 : 1)).ToArray();
        await Task.WhenAll(commands.Select(Platform.SendAsync));

        foreach (var (course, command) in courses.Zip(commands))
        {
            var end = await Platform.EndOfAsync(command);
            Assert.Equal((course.Lost, course.Disposition, course.Status), (course.Lost, end.Disposition, end.SipStatus));
            await EndsAsWhatArrivedSaysAsync(command, end, path);
            await PhoneStopsAsync(command, end, path);
            // Responses that are sent once; and the ACK that the BYE after it has made needless.
            if (course is not ({ Lost: "100 INVITE" or "180 INVITE" } or { Lost: "ACK", Status: 200 }))
            {
                await Eventually.TrueAsync(
                    () => path.PassagesOf(course.Callee).Any(passage => passage.Kind == course.Lost && passage.Arrivals > 0),
                    $"{course.Lost} arrives in the end");
            }
        }
    }

    private static PlaceFlashCall Call(string trunk, string callee, double ringSeconds = 1) =>
        Commands.Place(trunk, ringSeconds, Cap.TotalSeconds) with { Callee = PhoneNumber.Parse(callee) };

    /// <summary>The report agrees with the responses that arrived, there is one of it, and every final response was
    /// acknowledged.</summary>
    private async Task EndsAsWhatArrivedSaysAsync(PlaceFlashCall call, FlashCallEnded end, LossyPath path)
    {
        var answers = path.PassagesOf(call.Callee.E164)
            .Where(passage => passage is { ToPhone: false, Arrivals: > 0, Message: SipResponse { CSeq.Method: SipMethod.Invite } })
            .Select(passage => (((SipResponse)passage.Message).Status, passage.At)).ToArray();
        var final = Array.FindIndex(answers, answer => answer.Status >= 200);
        if (end.SipStatus is { } status)
            Assert.Equal(status, answers[final].Status);
        else
            Assert.DoesNotContain(answers, answer => answer.Status >= 200 && answer.At < end.EndedAt - Slack);
        var heard = end.SipStatus is null ? answers.Where(answer => answer.At < end.EndedAt).ToArray() : answers[..final];
        var rang = heard.Any(answer => answer.Status == 180);
        Assert.Equal(rang, end.RangAt is not null);
        Assert.Equal(
            (end.SipStatus, rang) switch
            {
                (200, _) => CallDisposition.Answered,
                (487 or null, true) => CallDisposition.Rang,
                (487, false) => CallDisposition.NotRinging,
                (null, false) => heard.Length > 0 ? CallDisposition.NotRinging : CallDisposition.Silent,
                ({ } refusal, _) => Dispositions.OfStatus(refusal),
            },
            end.Disposition);
        Assert.Equal(end.Disposition == CallDisposition.Answered, end.Answered);
        Assert.Single(Platform.EndsOf(call));
        await Eventually.TrueAsync(() => Platform.RingsOf(call).Count() == (rang ? 1 : 0), "ringing is reported once if it was heard of");
        // One that comes after the call was given up belongs to nothing any more.
        if (end.SipStatus is not null)
        {
            await Eventually.TrueAsync(
                () => IsAcknowledged(path.PassagesOf(call.Callee.E164)), "each final response is acknowledged each time");
        }
    }

    private static bool IsAcknowledged(IReadOnlyList<Passage> passages)
    {
        var finals = passages.Sum(passage =>
            passage is { ToPhone: false, Message: SipResponse { CSeq.Method: SipMethod.Invite, Status: >= 200 } } ? passage.Arrivals : 0);
        return passages.Count(passage => passage.Kind == SipMethod.Ack) == finals;
    }

    /// <summary>The phone rang once at most, and no longer than it has to once an end was asked for and that arrived.</summary>
    private async Task PhoneStopsAsync(PlaceFlashCall call, FlashCallEnded end, LossyPath path)
    {
        var passages = path.PassagesOf(call.Callee.E164);
        var reached = passages.Any(passage => passage is { ToPhone: true, Kind: SipMethod.Invite, Arrivals: > 0 });
        var heard = passages.Any(passage => passage is { ToPhone: false, Arrivals: > 0 } && passage.At < end.EndedAt);
        using var http = new HttpClient { BaseAddress = _handset!.Http };
        async Task<LoggedCall[]> LogAsync() => (await http.GetFromJsonAsync<LoggedCall[]>($"/phones/{call.Callee.E164}/calls"))!;
        Assert.Equal(reached ? 1 : 0, (await LogAsync()).Length);
        if (!heard || end.Disposition is not (CallDisposition.Rang or CallDisposition.Answered or CallDisposition.NotRinging))
            return;
        // Whoever answers at all is told in time to stop, in one transaction; and stops, unless every repeat of that was lost.
        var stop = end.Answered ? SipMethod.Bye : SipMethod.Cancel;
        var stops = passages.Where(passage => passage.ToPhone && passage.Kind == stop).ToArray();
        Assert.Single(stops.Select(passage => ((SipRequest)passage.Message).TopVia.Branch).Distinct());
        var firstHeard = passages.First(passage => passage is { ToPhone: false, Arrivals: > 0 }).At;
        var cap = end.InvitedAt!.Value + Cap;
        var due = (end.Answered, end.RangAt) switch
        {
            (true, _) => end.EndedAt,
            (false, { } rangAt) => rangAt + call.RingTime,
            // There is no CANCEL before the first response.
            (false, null) => firstHeard > cap ? firstHeard : cap,
        };
        Assert.InRange(stops[0].At, DateTimeOffset.MinValue, due + Slack);
        if (stops.All(passage => passage.Arrivals == 0))
            return;
        await Eventually.TrueAsync(async () => (await LogAsync())[0].EndedAt is not null, "the phone stops");
        Assert.InRange((await LogAsync())[0].EndedAt!.Value, DateTimeOffset.MinValue, stops[0].At + 64 * T1 + Slack);
    }

    private sealed record LoggedCall(DateTimeOffset? RangAt, DateTimeOffset? EndedAt, string State);
}
