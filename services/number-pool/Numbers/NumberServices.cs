namespace FlashCall.NumberPool.Numbers;

/// <summary>The inventory as a part of the service.</summary>
internal static class NumberServices
{
    /// <summary>Adds what keeps the numbers.</summary>
    public static void AddNumbers(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<Inventory>();
        builder.Services.AddSingleton<NumberIntake>();
        builder.Services.AddSingleton<SettingsNumbers>();
        builder.Services.AddHostedService(services => services.GetRequiredService<SettingsNumbers>());
        builder.Services.AddHealthChecks().AddCheck<SettingsNumbers>("numbers", tags: ["ready"]);
    }
}
