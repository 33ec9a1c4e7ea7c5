namespace FlashCall.Gateway.Edge;

/// <summary>Marks an endpoint whose answers may be kept: it says itself for how long. All others must not be.</summary>
internal sealed class KeepsCacheHeaders;
