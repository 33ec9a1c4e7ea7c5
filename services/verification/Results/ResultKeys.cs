using System.Collections.Immutable;
using FlashCall.Hosting;
using Npgsql;

namespace FlashCall.Verification.Results;

/// <summary>
/// This replica's view of the keys, a few seconds old at most, and their rotation: every replica looks whether the next key is due, one
/// makes it, and all have it long before it signs. Published is what can be decrypted: who writes to the database alone adds no key.
/// </summary>
internal sealed partial class ResultKeys(
    ResultKeyStore store, ResultSettings settings, OutageLog outages, TimeProvider time, ILogger<ResultKeys> logger) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    private readonly SealedBox _box = new(settings.SecretsKey);
    private readonly KeyRotation _rotation = new(settings.RotateEvery, settings.PublishAhead);
    private volatile View _view = View.Empty;

    /// <summary>What is wrong with the key that should sign; null where nothing is, or nothing was looked at yet.</summary>
    public string? Problem => _view.IsEmpty ? null : ProblemOf(_view);

    /// <summary>Whether the keys were read yet.</summary>
    public bool AreKnown => !_view.IsEmpty;

    /// <summary>The key that signs now.</summary>
    /// <exception cref="InvalidOperationException">It cannot be decrypted.</exception>
    public async ValueTask<ResultKey> SignerAsync(CancellationToken cancellationToken)
    {
        var view = await ViewAsync(cancellationToken);
        return SignerOf(view) ?? throw new InvalidOperationException(ProblemOf(view));
    }

    /// <summary>Every key that a token still valid may be signed with, and the next one once it is made.</summary>
    public async ValueTask<IReadOnlyList<ResultKey.PublicKey>> PublishedAsync(CancellationToken cancellationToken)
    {
        var view = await ViewAsync(cancellationToken);
        return [.. view.Terms.Where(term => view.Keys.ContainsKey(term.Kid)).Select(term => view.Keys[term.Kid].Public)];
    }

    /// <summary>Reads the keys, makes the next one if it is due, and removes what is over.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var stored = await store.ReadAsync(cancellationToken);
        ImmutableArray<ResultKeyTerm> terms = [.. stored.Select(key => key.Term)];
        if (_rotation.NextSignsFrom(terms, now) is { } signsFrom)
        {
            await MakeAsync(terms is [.., var newest] ? newest.Generation + 1 : 1, signsFrom, now, cancellationToken);
            // Ours, or that of the replica that was faster.
            stored = await store.ReadAsync(cancellationToken);
            terms = [.. stored.Select(key => key.Term)];
        }
        var over = KeyRotation.Over(terms, now).ToImmutableHashSet();
        if (!over.IsEmpty)
        {
            await store.RemoveAsync(over, cancellationToken);
            terms = terms.RemoveAll(over.Contains);
        }
        _view = new View(terms, Open(stored.Where(key => !over.Contains(key.Term))));
        if (ProblemOf(_view) is { } problem)
            LogProblem(problem);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        do
        {
            try
            {
                await RefreshAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                if (!outages.Waits(exception, "The keys of results"))
                    LogNotLookedAt(exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async ValueTask<View> ViewAsync(CancellationToken cancellationToken)
    {
        if (_view.IsEmpty)
            await RefreshAsync(cancellationToken);
        return _view;
    }

    private async Task MakeAsync(int generation, DateTimeOffset signsFrom, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (key, sealedSecret) = ResultKey.Create(_box);
        var made = new StoredResultKey(new ResultKeyTerm(generation, key.Public.Kid, signsFrom), sealedSecret);
        if (await store.AddAsync(made, key.Public, now, cancellationToken))
            LogMade(key.Public.Kid, generation, signsFrom);
    }

    /// <summary>The keys as objects; one that is known already stays the same object, since what signs is kept by it.</summary>
    private ImmutableDictionary<string, ResultKey> Open(IEnumerable<StoredResultKey> stored)
    {
        var known = _view.Keys;
        return stored
            .Select(one => known.GetValueOrDefault(one.Term.Kid) ?? ResultKey.Open(_box, one.Term.Kid, one.SealedPrivateKey))
            .OfType<ResultKey>()
            .ToImmutableDictionary(key => key.Public.Kid, StringComparer.Ordinal);
    }

    private ResultKey? SignerOf(View view) =>
        KeyRotation.Signer(view.Terms, time.GetUtcNow()) is { } term ? view.Keys.GetValueOrDefault(term.Kid) : null;

    private string? ProblemOf(View view) => SignerOf(view) is not null
        ? null
        : "The key that signs results was encrypted under another Verification:SecretsKey than this replica's. Give all replicas the same; "
            + "if the old one is lost, delete the rows of result_keys: new keys are made at once, and tokens handed out before fail.";

    [LoggerMessage(Level = LogLevel.Information, Message = "Made result key {Kid}, generation {Generation}; it signs from {SignsFrom:O}")]
    private partial void LogMade(string kid, int generation, DateTimeOffset signsFrom);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Problem}")]
    private partial void LogProblem(string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The keys of results could not be looked at; it is tried again in a few seconds")]
    private partial void LogNotLookedAt(Exception exception);

    /// <summary>The keys as they were read, and those of them that can be decrypted.</summary>
    private sealed record View(ImmutableArray<ResultKeyTerm> Terms, ImmutableDictionary<string, ResultKey> Keys)
    {
        public static readonly View Empty = new([], ImmutableDictionary<string, ResultKey>.Empty);

        public bool IsEmpty => Terms.IsEmpty;
    }
}
