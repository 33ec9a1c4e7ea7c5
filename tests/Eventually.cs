namespace FlashCall.Testing;

/// <summary>Waits for what happens in its own time: looks often, and fails with what was expected when the time is over.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);

    /// <summary>Waits until the condition holds.</summary>
    /// <exception cref="TimeoutException">It did not in time (20 s if nothing else is said).</exception>
    public static Task TrueAsync(Func<bool> condition, string expected, TimeSpan? within = null) =>
        TrueAsync(() => Task.FromResult(condition()), expected, within);

    /// <inheritdoc cref="TrueAsync(Func{bool}, string, TimeSpan?)"/>
    public static Task TrueAsync(Func<Task<bool>> condition, string expected, TimeSpan? within = null) =>
        TrueAsync(condition, () => expected, within);

    /// <inheritdoc cref="TrueAsync(Func{bool}, string, TimeSpan?)"/>
    public static Task TrueAsync(Func<Task<bool>> condition, Func<string> expected, TimeSpan? within = null) =>
        ValueAsync(async () => await condition() ? "so" : null, expected, within);

    /// <summary>Waits until there is a value.</summary>
    /// <exception cref="TimeoutException">There was none in time (20 s if nothing else is said).</exception>
    public static Task<T> ValueAsync<T>(Func<Task<T?>> look, string expected, TimeSpan? within = null) where T : class =>
        ValueAsync(look, () => expected, within);

    private static async Task<T> ValueAsync<T>(Func<Task<T?>> look, Func<string> expected, TimeSpan? within) where T : class
    {
        using var timer = new PeriodicTimer(LookEvery);
        using var deadline = new CancellationTokenSource(within ?? Patience);
        while (true)
        {
            if (await look() is { } value)
                return value;
            try
            {
                await timer.WaitForNextTickAsync(deadline.Token);
            }
            catch (OperationCanceledException exception)
            {
                throw new TimeoutException($"Expected within {(within ?? Patience).TotalSeconds:0.#} s: {expected()}", exception);
            }
        }
    }
}
