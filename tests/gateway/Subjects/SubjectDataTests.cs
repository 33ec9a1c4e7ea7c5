using System.Security.Cryptography;
using System.Text;
using FlashCall.Contracts;
using FlashCall.Gateway.Subjects;
using FlashCall.Gateway.Tests.Webhooks;
using FlashCall.Gateway.Webhooks.Deliveries;
using Npgsql;

namespace FlashCall.Gateway.Tests.Subjects;

/// <summary>Sessions whose person is forgotten, in what receivers were told and are to be told.</summary>
public sealed class SubjectDataTests
{
    private const string Body = """{"type":"verification.ended","data":{"to":"+46701740605","status":"verified","reference":"r-46701740605"}}""";

    [Fact]
    public async Task What_was_told_and_what_is_to_be_told_and_what_was_answered_goes_and_that_it_was_told_stays()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var replica = await SendingReplica.StartAsync();
        var (webhook, _) = await replica.AddWebhookAsync(receiver.Url);
        var delivered = await replica.TellAsync(webhook, Body);
        await replica.NextAsync(receiver);
        await replica.DeliveryAsync(webhook, delivery => delivery.Status == "delivered", "it was delivered");
        var kept = Guid.CreateVersion7();
        await replica.Deliveries.AddAsync([SendingReplica.Told(webhook, kept, Body)], CancellationToken.None);
        var sinch = Guid.CreateVersion7();
        await replica.Deliveries.AddAsync(
            [
                new NewDelivery
                {
                    To = new Recipient.Sinch(SendingReplica.Application, new Uri("http://192.0.2.1/"), new Dictionary<string, string>(StringComparer.Ordinal)),
                    ApplicationId = SendingReplica.Application,
                    VerificationId = sinch,
                    Type = "VerificationResultEvent",
                    Body = Encoding.UTF8.GetBytes("""{"identity":{"endpoint":"+46701740605"},"custom":"c"}"""),
                },
            ], CancellationToken.None);
        var data = replica.Data;
        await ExecuteAsync(data, "update delivery_attempts set response = 'thanks for +46701740605'");
        await ExecuteAsync(
            data, "insert into sinch_references (application_id, reference, verification_id, taken_at) values ($1, $2, $3, now())",
            SendingReplica.Application, Hash("mine"), sinch);
        await ExecuteAsync(
            data, "insert into sinch_references (application_id, reference, verification_id, taken_at) values ($1, $2, $3, now())",
            SendingReplica.Application, Hash("another's"), kept);

        var subjects = new SubjectData(data);
        ErasedSession[] sessions = [Session(delivered, null), Session(sinch, Hash("mine")), Session(Guid.CreateVersion7(), Hash("another's"))];
        var erased = await subjects.EraseAsync(sessions, CancellationToken.None);

        Assert.Equal((2, 1, 1), (erased["deliveries"], erased["delivery_attempts"], erased["sinch_references"]));
        Assert.Equal("""{"type":"verification.ended","data":{"to":"erased","status":"verified"}}""", await BodyAsync(data, delivered));
        Assert.Equal("""{"identity":{"endpoint":"erased"}}""", await BodyAsync(data, sinch));
        Assert.Equal(Body, await BodyAsync(data, kept));
        Assert.Equal(1L, await ReadAsync(data, "select count(*) from sinch_references"));
        Assert.Equal(0L, await ReadAsync(data, "select count(*) from delivery_attempts where response like '%46701740605%'"));
        Assert.Equal("delivered 204", await ReadAsync(
            data, "select status || ' ' || status_code from deliveries join delivery_attempts on delivery_id = id where verification_id = $1", delivered));
        Assert.All((await subjects.EraseAsync(sessions, CancellationToken.None)).Values, rows => Assert.Equal(0, rows));
        Assert.All((await subjects.EraseAsync([], CancellationToken.None)).Values, rows => Assert.Equal(0, rows));
    }

    private static ErasedSession Session(Guid id, byte[]? reference) =>
        new() { VerificationId = id, ApplicationId = SendingReplica.Application, Attempts = [], Reference = reference };

    private static byte[] Hash(string reference) => SHA256.HashData(Encoding.UTF8.GetBytes(reference));

    private static async Task<string> BodyAsync(NpgsqlDataSource data, Guid verification) =>
        Encoding.UTF8.GetString((byte[])(await ReadAsync(data, "select body from deliveries where verification_id = $1", verification))!);

    private static Task<object?> ExecuteAsync(NpgsqlDataSource data, string sql, params object[] parameters) => ReadAsync(data, sql, parameters);

    private static async Task<object?> ReadAsync(NpgsqlDataSource data, string sql, params object[] parameters)
    {
        await using var command = data.CreateCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(new() { Value = parameter });
        return await command.ExecuteScalarAsync();
    }
}
