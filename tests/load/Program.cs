using FlashCall.Load;
using FlashCall.Load.Engine;

if (args is ["engine"])
{
    await EngineProgram.RunAsync();
    return 0;
}
if (args is ["risk", .. var risk])
    return await RiskScenario.RunAsync(risk);
if (!LoadOptions.TryRead(args, out var options, out var mistake))
{
    Console.Error.WriteLine(mistake);
    return 2;
}
return await new DialerScenario(options).RunAsync();
