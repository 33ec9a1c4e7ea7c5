using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace FlashCall.Load.Floor;

/// <summary>The other end of the floor's requests and datagrams: a bare Kestrel, and a socket that answers as a carrier does, both without
/// looking at what they are asked.</summary>
internal static class FloorPeer
{
    /// <summary>The setting that names the UDP port.</summary>
    public const string Port = "Datagrams";

    /// <summary>As long as a SIP message is, bytes.</summary>
    public const int DatagramLength = 450;

    // About as long as a session.
    private static readonly byte[] Answer = new byte[600];

    /// <summary>Puts it together; the socket answers until the program ends.</summary>
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.Logging.ClearProviders();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, int.Parse(builder.Configuration[Port]!, CultureInfo.InvariantCulture)));
        var app = builder.Build();
        app.Run(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
            context.Response.ContentLength = Answer.Length;
            await context.Response.Body.WriteAsync(Answer, context.RequestAborted);
        });
        _ = AnswerAsync(socket, app.Lifetime.ApplicationStopping);
        return app;
    }

    /// <summary>A call from the caller's side: INVITE, 100, 180, CANCEL, 200, 487, ACK, by number of messages alone.</summary>
    public static async Task CallAsync(Socket socket, CancellationToken cancellationToken)
    {
        var message = new byte[DatagramLength];
        // The first byte says how many answers there are to be.
        foreach (var answers in (byte[])[2, 2, 0])
        {
            message[0] = answers;
            await socket.SendAsync(message, cancellationToken);
            for (var left = answers; left > 0; left--)
                await socket.ReceiveAsync(message, cancellationToken);
        }
    }

    private static async Task AnswerAsync(Socket socket, CancellationToken stopping)
    {
        using var _ = socket;
        var message = new byte[DatagramLength];
        var from = new SocketAddress(AddressFamily.InterNetwork);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await socket.ReceiveFromAsync(message, SocketFlags.None, from, stopping);
                for (var left = message[0]; left > 0; left--)
                    await socket.SendToAsync(message, SocketFlags.None, from, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
        }
    }
}
