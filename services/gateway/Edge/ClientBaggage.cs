using System.Diagnostics;

namespace FlashCall.Gateway.Edge;

/// <summary>A client's trace is continued (W3C Trace Context), but its baggage ends here (<c>baggage</c>, and
/// <c>Correlation-Context</c> of old): what a stranger put there is not handed on to every service and message of the session.</summary>
internal static class ClientBaggage
{
    /// <summary>Empties the baggage before anything is forwarded.</summary>
    public static void UseClientBaggageDropped(this WebApplication app) => app.Use((context, next) =>
    {
        OpenTelemetry.Baggage.ClearBaggage();
        if (Activity.Current is { } activity)
        {
            foreach (var (key, _) in activity.Baggage.ToArray())
                activity.SetBaggage(key, value: null);
        }
        return next(context);
    });
}
