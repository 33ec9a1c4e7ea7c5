using System.CommandLine;
using FlashCall.Fraud.Policies;
using FlashCall.Simulation;

var seed = new Option<int>("--seed") { Description = "The same seed gives the same traffic.", DefaultValueFactory = _ => 1 };
var hours = new Option<int>("--hours") { Description = "How long, 4 to 240.", DefaultValueFactory = _ => 24 };
var busiest = new Option<int>("--visits") { Description = "Honest visits in the busiest hour.", DefaultValueFactory = _ => 1200 };
hours.Validators.Add(result =>
{
    if (result.GetValueOrDefault<int>() is < 4 or > 240)
        result.AddError("--hours has to be 4 to 240.");
});
var file = new Option<FileInfo?>("--policy") { Description = "A policy document in place of the default one." };
busiest.Validators.Add(result =>
{
    if (result.GetValueOrDefault<int>() is < 100 or > 20_000)
        result.AddError("--visits has to be 100 to 20000.");
});
file.Validators.Add(result =>
{
    if (result.GetValueOrDefault<FileInfo?>() is { Exists: false } missing)
        result.AddError($"--policy names no file: {missing}.");
});
var command = new RootCommand("Plays honest traffic with attacks mixed in against the fraud engine and says how its policy did.")
{
    seed, hours, busiest, file,
};
command.SetAction(arguments =>
{
    var document = Simulator.DefaultPolicy;
    if (arguments.GetValue(file) is { } given)
    {
        if (PolicyReader.Read(File.ReadAllBytes(given.FullName), out var mistakes) is not { } own)
        {
            foreach (var mistake in mistakes)
                Console.Error.WriteLine($"{mistake.Path} {mistake.Problem}");
            return 2;
        }
        document = own;
    }
    Console.WriteLine(Simulator.Run(
        new Policy(document, number: 1), arguments.GetValue(seed), arguments.GetValue(hours), arguments.GetValue(busiest)));
    return 0;
});
return command.Parse(args).Invoke();
