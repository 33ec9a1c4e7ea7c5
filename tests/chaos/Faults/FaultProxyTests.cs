using System.Net;
using System.Net.Sockets;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Chaos.Faults;

public sealed class FaultProxyTests
{
    [Fact]
    public async Task What_is_said_arrives_on_the_other_side_and_so_does_the_answer()
    {
        await using var echo = new Echo();
        await using var proxy = FaultProxy.To(echo.Port);
        using var client = await ConnectAsync(proxy);

        Assert.Equal("hello", await SayAsync(client, "hello"));
    }

    [Fact]
    public async Task A_cut_resets_the_connection_and_lets_a_new_one_through()
    {
        await using var echo = new Echo();
        await using var proxy = FaultProxy.To(echo.Port);
        using var client = await ConnectAsync(proxy);
        await SayAsync(client, "hello");

        proxy.Cut();

        var gone = await Assert.ThrowsAsync<SocketException>(() => SayAsync(client, "hello"));
        Assert.Contains(
            gone.SocketErrorCode, (SocketError[])[SocketError.ConnectionReset, SocketError.Shutdown, SocketError.ConnectionAborted]);
        await Eventually.TrueAsync(() => proxy.Open == 0, "the cut connection is forgotten");
        using var again = await ConnectAsync(proxy);
        Assert.Equal("hello", await SayAsync(again, "hello"));
    }

    [Fact]
    public async Task A_stalled_connection_says_nothing_until_it_goes_on()
    {
        await using var echo = new Echo();
        await using var proxy = FaultProxy.To(echo.Port);
        using var client = await ConnectAsync(proxy);
        await SayAsync(client, "hello");

        proxy.Stall();
        var answer = SayAsync(client, "again");
        var patience = Task.Delay(TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken);
        Assert.Same(patience, await Task.WhenAny(answer, patience));
        proxy.Resume();

        Assert.Equal("again", await answer);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_a_connection_that_ends()
    {
        var port = 0;
        await using (var echo = new Echo())
            port = echo.Port;
        await using var proxy = FaultProxy.To(port);

        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using var client = await ConnectAsync(proxy);
            await SayAsync(client, "hello");
        });
    }

    private static async Task<Socket> ConnectAsync(FaultProxy proxy)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, proxy.Port);
        return socket;
    }

    private static async Task<string> SayAsync(Socket socket, string text)
    {
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(text));
        var buffer = new byte[100];
        var count = await socket.ReceiveAsync(buffer);
        return count > 0 ? System.Text.Encoding.ASCII.GetString(buffer, 0, count) : throw new SocketException((int)SocketError.Shutdown);
    }

    /// <summary>Says back what it is told.</summary>
    private sealed class Echo : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Task _serving;

        public Echo()
        {
            _listener.Start();
            _serving = ServeAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _serving;
        }

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                    _ = AnswerAsync(await _listener.AcceptSocketAsync());
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private static async Task AnswerAsync(Socket socket)
        {
            using (socket)
            {
                var buffer = new byte[1000];
                try
                {
                    while (await socket.ReceiveAsync(buffer) is > 0 and var count)
                        await socket.SendAsync(buffer.AsMemory(0, count));
                }
                catch (SocketException)
                {
                    // Cut: what the test is about.
                }
            }
        }
    }
}
