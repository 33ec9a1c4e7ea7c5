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
var command = new RootCommand("Plays honest traffic with attacks mixed in against the fraud engine and says how its policy did.")
{
    seed, hours, busiest,
};
command.SetAction(arguments =>
{
    var policy = new Policy(Simulator.DefaultPolicy, number: 1);
    Console.WriteLine(Simulator.Run(policy, arguments.GetValue(seed), arguments.GetValue(hours), arguments.GetValue(busiest)));
});
return command.Parse(args).Invoke();
