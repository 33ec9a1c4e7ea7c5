using FlashCall.Handset.Calls;
using FlashCall.Handset.Http;
using FlashCall.Handset.Phones;

namespace FlashCall.Handset;

/// <summary>Puts the handset together.</summary>
internal static class HandsetService
{
    private const string DefaultUrl = "http://127.0.0.1:8090";

    /// <summary>
    /// The handset, ready to run. Settings come, later ones winning, from <c>appsettings.json</c>, the JSON file that
    /// <c>FLASHCALL_SETTINGS</c> names, the environment with the prefix <c>FLASHCALL_</c> (<c>FLASHCALL_Handset__SipListen</c>), and the
    /// command line (<c>--Handset:SipListen=…</c>).
    /// </summary>
    /// <exception cref="HandsetSettingsException">A setting is wrong.</exception>
    public static WebApplication Build(string[] args)
    {
        var options = new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory };
        var builder = WebApplication.CreateSlimBuilder(options);
        if (Environment.GetEnvironmentVariable("FLASHCALL_SETTINGS") is { Length: > 0 } file)
            builder.Configuration.AddJsonFile(Path.GetFullPath(file), optional: false, reloadOnChange: false);
        builder.Configuration.AddEnvironmentVariables("FLASHCALL_").AddCommandLine(args);

        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        // A start that fails is told in one line on standard error, see RunAsync.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        if (builder.Configuration["urls"] is not { Length: > 0 })
            builder.WebHost.UseUrls(DefaultUrl);

        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(HandsetSettings.Read(builder.Configuration));
        builder.Services.AddSingleton<Phonebook>();
        builder.Services.AddSingleton<CallLog>();
        builder.Services.AddSingleton<Carrier>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Carrier>());
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, HandsetJson.Default));
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);

        var app = builder.Build();
        app.UseProblems();
        PhoneEndpoints.Map(app);
        return app;
    }

    /// <summary>Runs until stopped.</summary>
    /// <returns>The exit code of the process: 0, or 1 after one line on standard error that says what to do.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            await using var app = Build(args);
            await app.RunAsync();
            return 0;
        }
        // The edge of the process: a setting that is wrong, a settings file that is not there, an HTTP port that is taken.
        catch (Exception exception) when (exception is HandsetSettingsException or IOException or FormatException or InvalidDataException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }
    }
}
