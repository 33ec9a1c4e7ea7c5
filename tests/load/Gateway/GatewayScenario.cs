using System.Security.Cryptography;
using FlashCall.Hosting;
using Microsoft.Extensions.Configuration;

namespace FlashCall.Load.Gateway;

/// <summary>
/// What the gateway adds to a request, and how many go through it, beside the service asked directly and beside YARP that does nothing but
/// forward. The three take turns with each measurement, each round beginning with another, so that what the machine does meets all alike.
/// </summary>
internal sealed class GatewayScenario(GatewayOptions options)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(15);
    private static readonly HttpMethod[] Methods = [HttpMethod.Get, HttpMethod.Post];

    public async Task<int> RunAsync()
    {
        using var identity = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await using var upstream = await Part.StartAsync("upstream", [$"--Identity:PublicKey={identity.ExportSubjectPublicKeyInfoPem()}"]);
        await using var yarp = await Part.StartAsync("yarp", [$"--{PartProgram.Destination}={upstream.Address}"]);
        await using var gateway = await MeasuredGateway.StartAsync(upstream.Address, identity);
        if (gateway is null)
            return 1;
        using var direct = new Way("service, directly", upstream, Token(identity));
        using var bare = new Way("bare YARP", yarp, Token(identity));
        using var whole = new Way("gateway", gateway.Part, gateway.Key);
        Way[] ways = [direct, bare, whole];

        foreach (var way in ways)
        {
            Say($"Warming up: {way.Name}");
            await way.DriveAsync(options.AtOnce, WarmUp);
        }
        Say("Idle");
        var database = new DatabaseCount(gateway);
        await database.IdleAsync(Idle);
        var loops = new Dictionary<(Way Way, HttpMethod Method, int Rate), List<OpenLoop>>();
        var driven = ways.ToDictionary(way => way, _ => new List<Throughput>());
        for (var round = 0; round < options.Rounds; round++)
        {
            Say($"Round {round + 1} of {options.Rounds}");
            var order = Enumerable.Range(round, ways.Length).Select(turn => ways[turn % ways.Length]).ToList();
            foreach (var (method, rate) in options.Rates.SelectMany(rate => Methods.Select(method => (method, rate))))
            {
                foreach (var way in order)
                {
                    Renew(way);
                    if (!loops.TryGetValue((way, method, rate), out var done))
                        loops[(way, method, rate)] = done = [];
                    done.Add(way.Send(method, rate, options.Length));
                }
            }
            foreach (var way in order)
            {
                Renew(way);
                driven[way].Add(await way.DriveAsync(options.AtOnce, options.Length));
            }
        }
        var requests = options.Rounds * Methods.Length * options.Rates.Sum(rate => (int)(rate * options.Length.TotalSeconds))
            + driven[whole].Sum(one => one.Requests);
        var result = new GatewayResult(ways, options, loops, driven, await database.LoadedAsync(requests));
        result.Print();
        return result.Failed == 0 ? 0 : 1;

        // What goes without the gateway has its token, which lives for two minutes.
        void Renew(Way way)
        {
            if (way != whole)
                way.Renew(Token(identity));
        }
    }

    /// <summary>What the gateway would put in the place of a key.</summary>
    private static string Token(ECDsa identity) => new InternalIdentity.Minter(
        new ConfigurationBuilder().AddInMemoryCollection([new("Identity:SigningKey", identity.ExportPkcs8PrivateKeyPem())]).Build(),
        TimeProvider.System).Mint("load", ["verifications:write", "verifications:read"]);

    private static void Say(string text) => Console.Error.WriteLine(text);
}
