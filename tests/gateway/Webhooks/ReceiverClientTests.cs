using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FlashCall.Gateway.Webhooks;
using FlashCall.Gateway.Webhooks.Receivers;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace FlashCall.Gateway.Tests.Webhooks;

/// <summary>What the gateway connects to for an application, and how much it takes in. 127.0.0.2 stands for the internet here: it is the
/// one address that is open.</summary>
public sealed class ReceiverClientTests
{
    private static readonly WebhookSettings Settings = new() { AllowHttp = true, AllowedNetworks = [IPNetwork.Parse("127.0.0.2/32")] };
    private static readonly IPAddress Public = IPAddress.Parse("127.0.0.2");
    private static readonly IPAddress Private = IPAddress.Loopback;

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("[::1]")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("[::ffff:7f00:1]")]
    [InlineData("2130706433")]
    [InlineData("127.1")]
    [InlineData("0.0.0.0")]
    public async Task An_address_of_this_machine_is_not_connected_to(string host)
    {
        await using var receiver = await Receiver.StartAsync();
        using var client = new ReceiverClient(Settings, Dns.GetHostAddressesAsync, TimeProvider.System);
        var answer = await PostAsync(client, $"http://{host}:{receiver.Address.Port}/");
        Assert.Equal((null, ReceiverErrors.AddressNotAllowed), (answer.Status, answer.Error));
        Assert.Equal(0, receiver.Unseen);
    }

    [Fact]
    public async Task A_name_that_stands_for_one_is_not_connected_to_and_neither_is_one_that_stands_for_both()
    {
        await using var receiver = await Receiver.StartAsync();
        foreach (var addresses in (IPAddress[][])[[Private], [Public, Private], [Private, Public]])
        {
            using var client = new ReceiverClient(Settings, (_, _) => Task.FromResult(addresses), TimeProvider.System);
            var answer = await PostAsync(client, $"http://shop.example:{receiver.Address.Port}/");
            Assert.Equal(ReceiverErrors.AddressNotAllowed, answer.Error);
        }
        Assert.Equal(0, receiver.Unseen);
    }

    /// <summary>DNS rebinding: whoever looks the name up first and connects afterwards by name connects to the second address.</summary>
    [Fact]
    public async Task A_name_that_changes_its_address_is_checked_each_time()
    {
        await using var inside = await Receiver.StartAsync();
        await using var outside = await Receiver.StartAsync($"http://{Public}:{inside.Address.Port}");
        // So that the next request needs a connection of its own.
        outside.Answer = context =>
        {
            context.Response.Headers.Connection = "close";
            return Receiver.Status(context, 204);
        };
        var looks = 0;
        using var client = new ReceiverClient(
            Settings, (_, _) => Task.FromResult<IPAddress[]>([Interlocked.Increment(ref looks) == 1 ? Public : Private]),
            TimeProvider.System);
        Assert.Equal(204, (await PostAsync(client, $"http://shop.example:{inside.Address.Port}/")).Status);
        Assert.Equal("/", (await outside.NextAsync()).Path);
        Assert.Equal(1, looks);
        Assert.Equal(ReceiverErrors.AddressNotAllowed, (await PostAsync(client, $"http://shop.example:{inside.Address.Port}/")).Error);
        Assert.Equal((2, 0), (looks, inside.Unseen));
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_is_not_followed(int status)
    {
        await using var inside = await Receiver.StartAsync();
        await using var outside = await Receiver.StartAsync($"http://{Public}:0");
        outside.Answer = context =>
        {
            context.Response.Headers.Location = inside.Url;
            return Receiver.Status(context, status);
        };
        using var client = new ReceiverClient(Settings, Dns.GetHostAddressesAsync, TimeProvider.System);
        var answer = await PostAsync(client, outside.Url);
        Assert.Equal((status, false), (answer.Status, answer.IsSuccess));
        Assert.Equal(0, inside.Unseen);
    }

    [Fact]
    public async Task Of_a_huge_answer_the_beginning_is_read()
    {
        await using var receiver = await Receiver.StartAsync($"http://{Public}:0");
        var aborted = new TaskCompletionSource();
        receiver.Answer = async context =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            var block = new byte[64 * 1024];
            Array.Fill(block, (byte)'a');
            // Without an end: whoever reads it all never comes back.
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.Body.WriteAsync(block, context.RequestAborted);
        };
        using var client = new ReceiverClient(Settings, Dns.GetHostAddressesAsync, TimeProvider.System);
        var answer = await PostAsync(client, receiver.Url);
        Assert.Equal((200, new string('a', 1024)), (answer.Status, System.Text.Encoding.ASCII.GetString(answer.Body)));
        // And the rest is not waited for: the connection goes.
        await aborted.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task An_answer_that_never_ends_counts_by_its_status()
    {
        await using var receiver = await Receiver.StartAsync($"http://{Public}:0");
        receiver.Answer = async context =>
        {
            await context.Response.WriteAsync("ok", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        using var client = new ReceiverClient(Settings, Dns.GetHostAddressesAsync, TimeProvider.System);
        var answer = await PostAsync(client, receiver.Url);
        Assert.Equal((200, "ok"), (answer.Status, System.Text.Encoding.ASCII.GetString(answer.Body)));
        Assert.True(answer.Duration < ReceiverClient.AnswerWithin);
    }

    [Fact]
    public async Task Headers_without_measure_are_refused()
    {
        await using var receiver = await Receiver.StartAsync($"http://{Public}:0");
        receiver.Answer = context =>
        {
            for (var i = 0; i < 40; i++)
                context.Response.Headers[$"x-{i}"] = new string('a', 1000);
            return Receiver.Status(context, 200);
        };
        using var client = new ReceiverClient(Settings, Dns.GetHostAddressesAsync, TimeProvider.System);
        Assert.Equal(ReceiverErrors.InvalidResponse, (await PostAsync(client, receiver.Url)).Error);
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest("CN=shop.example", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), password: null);
        await using var receiver = await Receiver.StartAsync("http://127.0.0.1:0", builder =>
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(Public, 0, listen => listen.UseHttps(certificate))));
        using var client = new ReceiverClient(Settings, (_, _) => Task.FromResult<IPAddress[]>([Public]), TimeProvider.System);
        var answer = await PostAsync(client, $"https://shop.example:{receiver.Address.Port}/");
        Assert.Equal(ReceiverErrors.TlsFailed, answer.Error);
        Assert.Equal(0, receiver.Unseen);
    }

    [Fact]
    public async Task Nobody_there_is_told_from_an_unknown_name()
    {
        using var client = new ReceiverClient(
            Settings with { AllowedNetworks = [IPNetwork.Parse("127.0.0.0/8")] },
            (host, _) => host == "shop.example"
                ? Task.FromResult<IPAddress[]>([Private])
                : throw new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.HostNotFound),
            TimeProvider.System);
        using var nobody = new RefusingAddress();
        Assert.Equal(ReceiverErrors.ConnectionFailed, (await PostAsync(client, $"http://shop.example:{nobody.Address.Port}/")).Error);
        Assert.Equal(ReceiverErrors.NameNotResolved, (await PostAsync(client, "http://shop.invalid/")).Error);
    }

    private static Task<ReceiverAnswer> PostAsync(ReceiverClient client, string url) =>
        client.PostAsync(new Uri(url), [], "application/json", "{}"u8.ToArray(), keep: 1024, CancellationToken.None);
}
