using System.Text;
using FlashCall.Gateway;
using FlashCall.Hosting;
using FlashCall.Load.Floor;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;

namespace FlashCall.Load.Gateway;

/// <summary>
/// One part of the measurement in a process of its own, so that its CPU time is its own: <c>upstream</c>, a service that checks the
/// gateway's token and answers at once; <c>yarp</c>, YARP with one route and nothing else; <c>gateway</c>, the gateway; <c>floor</c>, what
/// the floor of whole verifications asks. It says its address and serves until its input ends.
/// </summary>
internal static class PartProgram
{
    /// <summary>The name of the setting with the address that the bare YARP forwards to.</summary>
    public const string Destination = "Destination";

    /// <summary>What the service answers: about as long as a session.</summary>
    private static readonly byte[] Answer = Encoding.UTF8.GetBytes(
        """{"id":"0199e9a0-0000-7000-8000-000000000000","status":"ringing","channel":"flash_call","reportsLeft":3,"note":"""
        + $"\"{new string('x', 180)}\"}}");

    public static async Task<int> RunAsync(string part, string[] args)
    {
        await using var app = part switch
        {
            "upstream" => Upstream(args),
            "yarp" => Yarp(args),
            "gateway" => GatewayService.Build(args),
            "floor" => FloorPeer.Build(args),
            _ => throw new ArgumentException($"There is no part '{part}'.", nameof(part)),
        };
        await app.StartAsync();
        Console.WriteLine(app.Urls.First());
        while (await Console.In.ReadLineAsync() is not null)
        {
        }
        await app.StopAsync();
        return 0;
    }

    private static WebApplication Upstream(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.Logging.ClearProviders();
        builder.AddInternalIdentity();
        var app = builder.Build();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapGet("/health/ready", () => "ready").AllowAnonymous();
        app.MapGet("/v1/verifications/{id}", WriteAsync);
        app.MapPost("/v1/verifications/{id}/report", async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
            await WriteAsync(context);
        });
        return app;
    }

    private static WebApplication Yarp(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.Logging.ClearProviders();
        builder.Services.AddReverseProxy().LoadFromMemory(
            [new RouteConfig { RouteId = "all", ClusterId = "service", Match = new RouteMatch { Path = "/{**all}" } }],
            [
                new ClusterConfig
                {
                    ClusterId = "service",
                    Destinations = new Dictionary<string, DestinationConfig>(StringComparer.Ordinal)
                    {
                        ["one"] = new() { Address = builder.Configuration[Destination]! },
                    },
                },
            ]);
        var app = builder.Build();
        app.MapReverseProxy();
        return app;
    }

    private static Task WriteAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = Answer.Length;
        return context.Response.Body.WriteAsync(Answer, 0, Answer.Length, context.RequestAborted);
    }
}
