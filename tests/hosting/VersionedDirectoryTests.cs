using FlashCall.Testing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Xunit;

namespace FlashCall.Hosting.Tests;

/// <summary>A replica's view of what a database keeps: always the newest, and the last one while there is no database.</summary>
public sealed class VersionedDirectoryTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task It_is_read_anew_when_the_version_is_another_one_and_only_then()
    {
        using var words = new Words(_time) { Version = 1, Word = "one" };
        await words.RefreshAsync(CancellationToken.None);
        await words.RefreshAsync(CancellationToken.None);
        Assert.Equal(("one", 1), (words.Current, words.Reads));

        (words.Version, words.Word) = (2, "two");
        await words.RefreshAsync(CancellationToken.None);
        Assert.Equal(("two", 2), (words.Current, words.Reads));
    }

    [Fact]
    public async Task What_changes_while_it_is_read_is_not_missed()
    {
        using var words = new Words(_time) { Version = 1, Word = "one" };
        // Somebody writes after the reading, and before its end.
        words.AfterReading = () => (words.Version, words.Word, words.AfterReading) = (2, "two", null);

        await words.RefreshAsync(CancellationToken.None);
        Assert.Equal("one", words.Current);
        await words.RefreshAsync(CancellationToken.None);
        Assert.Equal("two", words.Current);
    }

    [Fact]
    public async Task While_the_database_is_away_the_last_view_stays()
    {
        using var words = new Words(_time) { Version = 1, Word = "one" };
        await words.RefreshAsync(CancellationToken.None);
        (words.IsAway, words.Version, words.Word) = (true, 2, "two");
        await words.RefreshAsync(CancellationToken.None);
        Assert.Equal("one", words.Current);
        Assert.Equal(HealthStatus.Healthy, (await words.CheckHealthAsync(new HealthCheckContext())).Status);

        words.IsAway = false;
        await words.RefreshAsync(CancellationToken.None);
        Assert.Equal("two", words.Current);
    }

    [Fact]
    public async Task What_is_not_understood_leaves_the_view_before_and_is_not_read_again()
    {
        using var words = new Words(_time) { Version = 1, Word = "one" };
        await words.RefreshAsync(CancellationToken.None);
        (words.Version, words.Word) = (2, null);
        await words.RefreshAsync(CancellationToken.None);
        await words.RefreshAsync(CancellationToken.None);
        Assert.Equal(("one", 2), (words.Current, words.Reads));
    }

    [Fact]
    public async Task A_start_goes_on_without_a_view_and_gets_it_later()
    {
        using var words = new Words(_time) { IsAway = true, Version = 1, Word = "one" };
        await words.StartAsync(CancellationToken.None);
        var waiting = words.CurrentAsync(CancellationToken.None).AsTask();
        Assert.False(waiting.IsCompleted);
        Assert.Equal(HealthStatus.Unhealthy, (await words.CheckHealthAsync(new HealthCheckContext())).Status);

        words.IsAway = false;
        await Eventually.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return waiting.IsCompleted;
        }, "the words are read");
        Assert.Equal("one", await waiting);
        await words.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Settings_are_brought_in_until_there_is_a_view()
    {
        using var words = new Words(_time) { IsAway = true, Version = 1, Word = "one" };
        await words.RefreshAsync(CancellationToken.None);
        await words.RefreshAsync(CancellationToken.None);
        words.IsAway = false;
        await words.RefreshAsync(CancellationToken.None);
        await words.RefreshAsync(CancellationToken.None);
        Assert.Equal(3, words.BroughtIn);
    }

    [Fact]
    public async Task Followers_get_each_view_and_a_late_one_the_newest()
    {
        using var words = new Words(_time) { Version = 1, Word = "one" };
        var (early, late) = (new List<string>(), new List<string>());
        words.Follow(early.Add);
        await words.RefreshAsync(CancellationToken.None);
        words.Follow(late.Add);
        (words.Version, words.Word) = (2, "two");
        await words.RefreshAsync(CancellationToken.None);
        Assert.Equal(["one", "two"], early);
        Assert.Equal(["one", "two"], late);
    }

    /// <summary>A directory of one word, whose database can be away.</summary>
    private sealed class Words(TimeProvider time) : VersionedDirectory<string>("words", time, NullLogger.Instance)
    {
        public bool IsAway { get; set; }

        public long Version { get; set; }

        public string? Word { get; set; }

        public Action? AfterReading { get; set; }

        public int Reads { get; private set; }

        public int BroughtIn { get; private set; }

        public string? Current => Newest;

        protected override Task BeforeFirstAsync(CancellationToken cancellationToken)
        {
            BroughtIn++;
            return Task.CompletedTask;
        }

        protected override Task<long> NewestVersionAsync(CancellationToken cancellationToken) =>
            IsAway ? throw new NpgsqlException("The server does not answer.") : Task.FromResult(Version);

        protected override Task<string?> ReadAsync(CancellationToken cancellationToken)
        {
            Reads++;
            var word = Word;
            AfterReading?.Invoke();
            return Task.FromResult(word);
        }

        protected override string Describe(string view) => view;
    }
}
