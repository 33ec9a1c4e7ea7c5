using FlashCall.Load;
using FlashCall.Load.Engine;
using FlashCall.Load.Gateway;
using FlashCall.Load.Leases;
using FlashCall.Load.Sessions;

if (args is ["engine"])
{
    await EngineProgram.RunAsync();
    return 0;
}
if (args is ["leases", .. var of])
{
    if (!LeaseOptions.TryRead(of, out var leases, out var wrong))
    {
        Console.Error.WriteLine(wrong);
        return 2;
    }
    return await new LeaseScenario(leases).RunAsync();
}
if (args is ["sessions", .. var ofSessions])
{
    if (!SessionOptions.TryRead(ofSessions, out var sessions, out var wrong))
    {
        Console.Error.WriteLine(wrong);
        return 2;
    }
    return await new SessionScenario(sessions).RunAsync();
}
if (args is ["part", var part, .. var settings])
    return await PartProgram.RunAsync(part, settings);
if (args is ["gateway", .. var ofGateway])
{
    if (!GatewayOptions.TryRead(ofGateway, out var gateway, out var wrong))
    {
        Console.Error.WriteLine(wrong);
        return 2;
    }
    return await new GatewayScenario(gateway).RunAsync();
}
if (args is ["risk", .. var risk])
    return await RiskScenario.RunAsync(risk);
if (!LoadOptions.TryRead(args, out var options, out var mistake))
{
    Console.Error.WriteLine(mistake);
    return 2;
}
return await new DialerScenario(options).RunAsync();
