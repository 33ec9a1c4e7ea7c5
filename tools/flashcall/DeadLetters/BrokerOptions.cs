using System.CommandLine;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace FlashCall.Cli.DeadLetters;

/// <summary>The options that say where the broker is. Its address has the password in it, so it comes from the environment or a file, as
/// the services have it, and never from a command line that others can see.</summary>
internal sealed class BrokerOptions(Terminal terminal)
{
    private const string AddressVariable = "FLASHCALL_RABBITMQ";
    private const string PrefixVariable = "FLASHCALL_BUSPREFIX";

    private readonly Option<string?> _file = new("--rabbitmq-file")
    {
        Description = $"A file with the broker's address, such as secrets/services/RabbitMq; by default the variable {AddressVariable}.",
    };

    private readonly Option<string?> _prefix = new("--bus-prefix")
    {
        Description = $"What stands before the names of the queues; by default the variable {PrefixVariable}, or nothing.",
    };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_file);
        command.Add(_prefix);
    }

    /// <summary>Connects.</summary>
    /// <exception cref="CommandException">The address is missing or wrong, or the broker does not let us in.</exception>
    public async Task<DeadLetterBroker> ConnectAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var address = Address(parsed.GetValue(_file));
        var factory = new ConnectionFactory
        {
            Uri = address,
            AutomaticRecoveryEnabled = false,
            ClientProvidedName = "flashcall dead-letters",
        };
        try
        {
            var connection = await factory.CreateConnectionAsync(cancellationToken);
            return new DeadLetterBroker(connection, parsed.GetValue(_prefix) ?? terminal.Environment(PrefixVariable) ?? "");
        }
        catch (BrokerUnreachableException exception)
        {
            throw new CommandException(
                exception.InnerException is AuthenticationFailureException or PossibleAuthenticationFailureException
                    ? $"RabbitMQ at {address.Host}:{address.Port} does not take the user and password of the address."
                    : $"RabbitMQ does not answer at {address.Host}:{address.Port}. Start it, or correct {AddressVariable}.",
                exception);
        }
    }

    private Uri Address(string? file)
    {
        string? text;
        try
        {
            text = (file is null ? terminal.Environment(AddressVariable) : File.ReadAllText(file))?.Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"The file with the broker's address cannot be read: {exception.Message}", exception);
        }
        if (string.IsNullOrEmpty(text))
            throw new CommandException($"No broker. Give its address by the variable {AddressVariable} or by --rabbitmq-file.");
        return Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "amqp" or "amqps"
            ? address
            : throw new CommandException("The broker's address is not of the form amqp://user:password@host:port/virtual-host.");
    }
}
