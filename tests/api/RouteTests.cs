using FlashCall.Api.Tests.Description;
using FlashCall.Gateway.Reference;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Xunit;
using Yarp.ReverseProxy.Model;

namespace FlashCall.Api.Tests;

/// <summary>The document describes what is served, all of it and nothing else.</summary>
public sealed class RouteTests(WholePlatform platform)
{
    private static readonly ApiDescription Document = new(ApiDocument.Current.Json);

    /// <summary>What is no part of the API: it tells of it, or of the gateway's health.</summary>
    private static readonly string[] Beside = ["/docs", "/health", "/openapi"];

    [Fact]
    public void Every_operation_that_is_served_is_documented_and_every_documented_one_is_served() => Assert.Equal(
        Document.Operations.Select(operation => $"{operation.Method} {operation.Path}").Order(StringComparer.Ordinal),
        Served().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_endpoint_of_a_service_can_be_reached_through_the_gateway()
    {
        var forwarded = Forwarded();
        Assert.All(
            platform.Services.SelectMany(Endpoints),
            endpoint => Assert.True(forwarded.Any(route => route.Covers(endpoint)), $"No route of the gateway leads to {endpoint}."));
    }

    [Fact]
    public void Operations_have_ids_of_their_own() =>
        Assert.Distinct(Document.Operations.Select(operation => operation.Id), StringComparer.Ordinal);

    [Fact]
    public void Operations_name_credentials_that_there_are() => Assert.All(
        Document.Operations.SelectMany(operation => operation.Security),
        security => Assert.Contains(security.Scheme, Document.SecuritySchemes));

    [Fact]
    public void Operations_that_ask_for_a_credential_say_how_they_refuse() => Assert.All(
        Document.Operations.Where(operation => operation.Security.Count > 0),
        operation => Assert.Subset(operation.Statuses.ToHashSet(), new HashSet<int> { 401, 403 }));

    [Fact]
    public void Operations_with_a_body_say_how_they_refuse_one() => Assert.All(
        Document.Operations.Where(operation => operation.BodyType is not null),
        operation => Assert.Subset(operation.Statuses.ToHashSet(), new HashSet<int> { 400, 413 }));

    [Fact]
    public void Operations_on_one_thing_say_that_it_may_not_be_there() => Assert.All(
        Document.Operations.Where(operation => operation.Parameters.Any(parameter => parameter.In == "path") && operation.Method != "PUT"
            // What is asked for is that nothing is there.
            && operation.Id != "eraseSubject"),
        operation => Assert.Contains(404, operation.Statuses));

    private IEnumerable<string> Served()
    {
        var forwarded = Forwarded();
        return Endpoints(platform.Gateway)
            .Concat(platform.Services.SelectMany(Endpoints).Where(endpoint => forwarded.Any(route => route.Covers(endpoint))))
            .Select(endpoint => endpoint.ToString());
    }

    private List<Served> Forwarded() => [.. All(platform.Gateway)
        .Where(endpoint => endpoint.Metadata.GetMetadata<RouteModel>() is not null).SelectMany(Each)];

    private static IEnumerable<Served> Endpoints(WebApplication app) => All(app)
        .Where(endpoint => endpoint.Metadata.GetMetadata<RouteModel>() is null)
        .SelectMany(Each)
        // A parameter that takes the rest of the path is one like any other to those who read the document.
        .Select(endpoint => endpoint with { Path = endpoint.Path.Replace("{**", "{", StringComparison.Ordinal) })
        .Where(endpoint => !Array.Exists(Beside, path => endpoint.Path.StartsWith(path, StringComparison.Ordinal)));

    private static IEnumerable<RouteEndpoint> All(WebApplication app) =>
        ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>();

    private static IEnumerable<Served> Each(RouteEndpoint endpoint) =>
        (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [])
            .Select(method => new Served(method, PathOf(endpoint)));

    /// <summary>Without what constrains a parameter: <c>{id:guid}</c> is <c>{id}</c>.</summary>
    private static string PathOf(RouteEndpoint endpoint) => "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment =>
        string.Concat(segment.Parts.Select(part => part switch
        {
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart { IsCatchAll: true } rest => "{**" + rest.Name + "}",
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart parameter => "{" + parameter.Name + "}",
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternSeparatorPart separator => separator.Content,
            _ => throw new InvalidOperationException($"Unknown part of a route: {part}."),
        }))));
}

/// <summary>A method and a path that a program serves.</summary>
internal sealed record Served(string Method, string Path)
{
    /// <summary>Whether a route leads to an endpoint.</summary>
    public bool Covers(Served endpoint) => Method == endpoint.Method
        && (Path.IndexOf("/{**", StringComparison.Ordinal) is >= 0 and var rest
            ? endpoint.Path == Path[..rest] || endpoint.Path.StartsWith(Path[..(rest + 1)], StringComparison.Ordinal)
            : endpoint.Path == Path);

    public override string ToString() => $"{Method} {Path}";
}
