using System.Reflection;
using FlashCall.Contracts;
using MassTransit;
using MassTransit.RabbitMqTransport;
using RabbitMQ.Client;

namespace FlashCall.Testing;

/// <summary>
/// What a run leaves on a broker: durable queues and exchanges that carry its prefix. AMQP cannot list them, so they are deleted by the
/// names they can have: the platform's queues, and the exchange of each message type that this process has loaded. Deleting what does
/// not exist is no error to RabbitMQ.
/// </summary>
public static class BusRemains
{
    private static readonly string[] QueueEndings = ["", "_error", "_skipped"];

    /// <summary>Deletes them.</summary>
    public static async Task DeleteAsync(string rabbitMq, string prefix)
    {
        if (prefix.Length == 0)
            throw new ArgumentException("Without a prefix this would delete what belongs to others.", nameof(prefix));
        await using var connection = await new ConnectionFactory { Uri = new Uri(rabbitMq) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        foreach (var queue in QueueNames().Select(name => prefix + name))
        {
            await channel.QueueDeleteAsync(queue);
            await channel.ExchangeDeleteAsync(queue);
        }
        foreach (var exchange in ExchangeNames())
            await channel.ExchangeDeleteAsync(prefix + exchange);
    }

    internal static IEnumerable<string> QueueNames() =>
        from field in typeof(Queues).GetFields(BindingFlags.Public | BindingFlags.Static)
        where field.IsLiteral
        from ending in QueueEndings
        select (string)field.GetRawConstantValue()! + ending;

    internal static IEnumerable<string> ExchangeNames()
    {
        var formatter = new RabbitMqMessageNameFormatter();
        var messages = AppDomain.CurrentDomain.GetAssemblies()
            .Append(typeof(Queues).Assembly)
            .Where(assembly => assembly.GetName().Name is { } name && name.StartsWith("FlashCall.", StringComparison.Ordinal))
            .Distinct()
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => type is { IsClass: true, IsGenericTypeDefinition: false, Namespace: not null } && !type.Name.Contains('<', StringComparison.Ordinal)
                && !type.IsDefined(typeof(System.Runtime.CompilerServices.CompilerGeneratedAttribute)))
            .Where(type => !type.IsAbstract || !type.IsSealed);
        foreach (var message in messages)
        {
            yield return formatter.GetMessageName(message);
            yield return formatter.GetMessageName(typeof(Fault<>).MakeGenericType(message));
        }
        yield return formatter.GetMessageName(typeof(Fault));
        yield return formatter.GetMessageName(typeof(ReceiveFault));
    }
}
