namespace FlashCall.NumberPool.Limits;

/// <summary>How often something may happen, as the generic cell rate algorithm has it (ITU-T I.371 annex A).</summary>
/// <param name="Burst">How often at once, after a time of rest; 1 or more.</param>
/// <param name="PerHour">How often an hour when it goes on; 1 or more.</param>
internal sealed record RateLimit(int Burst, int PerHour)
{
    /// <summary>The time between two if they came evenly.</summary>
    public TimeSpan Every => TimeSpan.FromHours(1) / PerHour;
}
