using FlashCall.Gateway.Edge;
using Microsoft.Net.Http.Headers;
using Scalar.AspNetCore;

namespace FlashCall.Gateway.Reference;

/// <summary>Shows what the API is, to whoever asks: <c>GET /openapi.json</c> and <c>/openapi.yaml</c> for programs, <c>/docs/</c> for
/// people. Nothing of it comes from elsewhere: the page's script is part of the gateway.</summary>
internal static class ReferenceEndpoints
{
    private const string JsonPath = "/openapi.json";
    private const string YamlPath = "/openapi.yaml";
    private const string PagePath = "/docs";

    /// <summary>Seconds that a document may be kept; it changes with a release only.</summary>
    private const int KeepFor = 300;

    /// <summary>Adds them.</summary>
    public static void MapReference(this WebApplication app)
    {
        app.MapDocument(JsonPath, "application/json", document => document.Json);
        app.MapDocument(YamlPath, "application/yaml", document => document.Yaml);
        app.MapScalarApiReference(PagePath, page =>
            {
                page.WithTitle("FlashCall Platform").WithOpenApiRoutePattern(JsonPath).WithNonce();
                page.DefaultFonts = false;
                page.Telemetry = false;
                page.DisableAgent();
                page.DisableMcp();
                page.HideClientButton = true;
                page.ShowDeveloperTools = DeveloperToolsVisibility.Never;
            })
            .AddEndpointFilter(SecureAsync)
            .WithMetadata(new KeepsCacheHeaders())
            .AllowAnonymous();
    }

    private static void MapDocument(this WebApplication app, string path, string type, Func<ApiDocument, byte[]> form) =>
        app.MapGet(path, (HttpResponse response) =>
            {
                response.Headers.CacheControl = $"public, max-age={KeepFor}";
                // It has no secrets, and tools that run in a browser read it too.
                response.Headers.AccessControlAllowOrigin = "*";
                return TypedResults.Bytes(
                    form(ApiDocument.Current), type, entityTag: new EntityTagHeaderValue(ApiDocument.Current.Version));
            })
            .WithMetadata(new KeepsCacheHeaders())
            .AllowAnonymous();

    /// <summary>The page runs its own script alone, and speaks to this gateway alone.</summary>
    private static async ValueTask<object?> SecureAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        context.HttpContext.Response.OnStarting(static state =>
        {
            var http = (HttpContext)state;
            var nonce = http.Items[ScalarOptions.NonceHttpContextItemKey] is string made ? $" 'nonce-{made}'" : "";
            http.Response.Headers.ContentSecurityPolicy =
                $"default-src 'none'; script-src 'self'{nonce}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
                + "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
            http.Response.Headers["Referrer-Policy"] = "no-referrer";
            return Task.CompletedTask;
        }, context.HttpContext);
        return await next(context);
    }
}
