using FlashCall.Load;
using FlashCall.Load.Engine;
using FlashCall.Load.Gateway;
using FlashCall.Load.Leases;
using FlashCall.Load.Replays;
using FlashCall.Load.Sessions;
using FlashCall.Load.Verifications;

return args switch
{
    ["engine"] => await EngineProgram.RunAsync(),
    ["part", var part, .. var settings] => await PartProgram.RunAsync(part, settings),
    ["replay-part", var part] => await ReplayPart.RunAsync(part),
    ["dialer", .. var of] => await RunAsync(of, new LoadOptions(), options => new DialerScenario(options).RunAsync()),
    ["leases", .. var of] => await RunAsync(of, new LeaseOptions(), options => new LeaseScenario(options).RunAsync()),
    ["risk", .. var of] => await RunAsync(of, new RiskOptions(), RiskScenario.RunAsync),
    ["gateway", .. var of] => await RunAsync(of, new GatewayOptions(), options => new GatewayScenario(options).RunAsync()),
    ["sessions", .. var of] => await RunAsync(of, new SessionOptions(), options => new SessionScenario(options).RunAsync()),
    ["replay", .. var of] => await RunAsync(of, new ReplayOptions(), options => new ReplayScenario(options).RunAsync()),
    ["verifications", .. var of] =>
        await RunAsync(of, new VerificationOptions(), options => new VerificationScenario(options).RunAsync()),
    ["floor", .. var of] =>
        await RunAsync(of, new VerificationOptions { Floor = true }, options => new VerificationScenario(options).RunAsync()),
    _ => NoScenario(args is [var name, ..] ? name : ""),
};

static async Task<int> RunAsync<T>(string[] args, T defaults, Func<T, Task<int>> run) where T : class, IScenarioOptions<T>
{
    if (CommandLine.TryRead(args, defaults, out var options, out var mistake))
        return await run(options);
    await Console.Error.WriteLineAsync(mistake);
    return 2;
}

static int NoScenario(string name)
{
    Console.Error.WriteLine($"'{name}' is no scenario; there are eight: dialer, leases, risk, gateway, sessions, replay, verifications and floor.");
    return 2;
}
