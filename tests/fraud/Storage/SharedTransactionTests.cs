using System.Collections.Concurrent;
using System.Diagnostics;
using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;
using FlashCall.Fraud.Storage;
using FlashCall.Fraud.Tests.Assessments;
using FlashCall.Hosting;
using Xunit;

namespace FlashCall.Fraud.Tests.Storage;

/// <summary>Requests and news that wait share a transaction, and nothing else.</summary>
public sealed class SharedTransactionTests(FraudDatabase database) : IClassFixture<FraudDatabase>
{
    [Fact]
    public async Task Requests_that_wait_share_a_transaction_and_so_does_what_became_of_them()
    {
        var replica = await OpenAsync();
        var commands = Enumerable.Range(0, 40).Select(_ => Command(FraudDatabase.NewNumber())).ToList();
        var answers = new List<Task<RiskAssessed>>();
        await using (await database.HoldAsync())
            answers.AddRange(commands.Select(replica.AssessAsync));
        Guid[] sessions = [.. commands.Select(command => command.VerificationId)];
        Assert.Equal(sessions, (await Task.WhenAll(answers)).Select(answer => answer.VerificationId));
        // Two may be under way while the others gather.
        Assert.InRange(await TransactionsOfAsync("assessments", sessions), 1, 3);

        var learned = new List<Task<Learned>>();
        await using (await database.HoldAsync())
        {
            learned.AddRange(commands.Select(
                command => replica.LearnAsync(command.VerificationId, command.VerificationId, Withdrawn(command))));
        }
        Assert.All(await Task.WhenAll(learned), one => Assert.Equal(Learned.Now, one));
        Assert.InRange(await TransactionsOfAsync("outcomes", sessions), 1, 2);
        foreach (var command in commands)
            Assert.Equal(0, await database.RingsOfAsync(command.To));
    }

    [Fact]
    public async Task Of_requests_for_one_number_in_one_transaction_exactly_the_limit_passes_the_first_ones()
    {
        var replica = await OpenAsync(assessingAtOnce: 1);
        var number = FraudDatabase.NewNumber();
        var answers = new List<Task<RiskAssessed>>();
        await using (await database.HoldAsync())
            answers.AddRange(Enumerable.Range(0, 16).Select(_ => replica.AssessAsync(Command(number))));
        Assert.Equal(
            Enumerable.Range(0, 16).Select(i => i < 5 ? Verdict.Allow : Verdict.Block),
            (await Task.WhenAll(answers)).Select(answer => answer.Verdict));
        Assert.Equal(5, await database.RingsOfAsync(number));
    }

    [Fact]
    public async Task What_comes_twice_into_one_transaction_counts_once()
    {
        var replica = await OpenAsync(assessingAtOnce: 1);
        var command = Command(FraudDatabase.NewNumber());
        var answers = new List<Task<RiskAssessed>>();
        await using (await database.HoldAsync())
        {
            // Goes alone; what comes after it gathers.
            var first = replica.AssessAsync(Command(FraudDatabase.NewNumber()));
            await database.HeldAsync(1);
            answers.AddRange(Enumerable.Range(0, 4).Select(_ => replica.AssessAsync(command)));
            answers.Add(first);
        }
        var all = await Task.WhenAll(answers);
        Assert.All(all[..4], answer => Assert.Same(all[0], answer));
        Assert.Equal(1, await database.RingsOfAsync(command.To));

        var learned = new List<Task<Learned>>();
        var other = Command(FraudDatabase.NewNumber());
        await using (await database.HoldAsync())
        {
            learned.Add(replica.LearnAsync(other.VerificationId, other.VerificationId, Withdrawn(other)));
            await database.HeldAsync(1);
            learned.AddRange(
                Enumerable.Range(0, 3).Select(_ => replica.LearnAsync(command.VerificationId, command.VerificationId, Withdrawn(command))));
        }
        Assert.Equal([Learned.Waits, Learned.Now, Learned.Before, Learned.Before], await Task.WhenAll(learned));
        Assert.Equal(0, await database.RingsOfAsync(command.To));
    }

    [Fact]
    public async Task What_fails_hurts_none_that_share_its_transaction()
    {
        var replica = await OpenAsync();
        var commands = Enumerable.Range(0, 12).Select(_ => Command(FraudDatabase.NewNumber())).ToList();
        var wrong = Command(FraudDatabase.NewNumber());
        var answers = new List<Task>();
        Task failing;
        await using (await database.HoldAsync())
        {
            answers.AddRange(commands[..6].Select(replica.AssessAsync));
            failing = replica.Store.AssessAsync(
                wrong.VerificationId, RiskRequest.From(wrong), replica.Policy,
                _ => throw new InvalidOperationException("no answer"), TestContext.Current.CancellationToken);
            answers.AddRange(commands[6..].Select(replica.AssessAsync));
        }
        Assert.Equal("no answer", (await Assert.ThrowsAsync<InvalidOperationException>(() => failing)).Message);
        await Task.WhenAll(answers);
        foreach (var command in commands)
            Assert.Equal(1, await database.RingsOfAsync(command.To));
        Assert.Equal(0, await database.RingsOfAsync(wrong.To));
        Assert.Equal(0, await TransactionsOfAsync("assessments", wrong.VerificationId));
    }

    [Fact]
    public async Task Who_gives_up_takes_only_back_what_nobody_began()
    {
        var replica = await OpenAsync(assessingAtOnce: 1);
        using var givesUp = new CancellationTokenSource();
        var (begun, waiting, last) =
            (Command(FraudDatabase.NewNumber()), Command(FraudDatabase.NewNumber()), Command(FraudDatabase.NewNumber()));
        var answers = new List<Task>();
        Task cancelled;
        await using (await database.HoldAsync())
        {
            answers.Add(replica.Assessments.AssessAsync(begun, givesUp.Token));
            await database.HeldAsync(1);
            cancelled = replica.Assessments.AssessAsync(waiting, givesUp.Token);
            answers.Add(replica.AssessAsync(last));
            await givesUp.CancelAsync();
        }
        await Task.WhenAll(answers);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal(
            (1, 0, 1),
            (await database.RingsOfAsync(begun.To), await database.RingsOfAsync(waiting.To), await database.RingsOfAsync(last.To)));
    }

    [Fact]
    public async Task News_of_calls_that_waits_is_counted_with_its_requests()
    {
        var replica = await OpenAsync(Documents.Quiet with { AnsweredRate = new() }, assessingAtOnce: 1);
        var trunk = $"trunk-{Guid.NewGuid():N}";
        var commands = Enumerable.Range(0, 8).Select(_ => Command(FraudDatabase.NewNumber())).ToList();
        // A call is named by an attempt; here each session has one, of the session's own name.
        Task<Learned> TellAsync(AssessRisk command) => replica.LearnAsync(
            command.VerificationId, command.VerificationId, new SessionNews.CallOver(command.RequestedAt, trunk, Answered: true));
        foreach (var command in commands)
            Assert.Equal(Learned.Waits, await TellAsync(command));
        var answers = new List<Task>();
        await using (await database.HoldAsync())
            answers.AddRange(commands.Select(replica.AssessAsync));
        await Task.WhenAll(answers);
        // Six calls are enough for a judgement, and each was answered: the alarm is raised by one of those that were counted together.
        var counted = new Subject(SubjectKind.Trunk, trunk);
        Assert.Equal((8, 8), (await SumAsync("calls", counted), await SumAsync("answered", counted)));
        Assert.Equal(1, await database.QueryAsync<long>("select count(*) from blocks where kind = 10 and subject = $1", trunk));
        foreach (var command in commands)
            Assert.Equal(Learned.Before, await TellAsync(command));
    }

    [Fact]
    public async Task Two_replicas_count_all_of_one_application_at_once()
    {
        const int Each = 150;
        var document = Documents.With(
            null, new VelocityLimit(SubjectKind.Application, 100_000, 600), new VelocityLimit(SubjectKind.Network, 100_000, 600));
        FraudDatabase.Replica[] replicas = [await OpenAsync(document), await OpenAsync(document)];
        var application = $"app-{Guid.NewGuid():N}";
        var network = FraudDatabase.NewNetwork();
        await Task.WhenAll(replicas.SelectMany((replica, at) => Enumerable.Range(0, Each).Select(i => Task.Run(async () =>
        {
            var command = Command(FraudDatabase.NewNumber()) with
            {
                ApplicationId = application,
                Client = new ClientContext { Ip = $"{network}.{i % 8}" },
            };
            await replica.AssessAsync(command);
            var other = replicas[1 - at];
            await Task.WhenAll(
                other.LearnAsync(command.VerificationId, command.VerificationId,
                    new SessionNews.Ended(command.RequestedAt, Verified: true, WrongReports: 0, Called: true)),
                replica.LearnAsync(command.VerificationId, Guid.CreateVersion7(),
                    new SessionNews.CallOver(command.RequestedAt, "north", Answered: false)));
        }))));
        Assert.Equal(2 * Each, await SumAsync("rings", new Subject(SubjectKind.Application, application)));
        Assert.Equal(2 * Each, await SumAsync("requests", new Subject(SubjectKind.Network, $"{network}.0/24")));
    }

    [Fact]
    public async Task A_transaction_stands_in_the_trace_of_one_and_links_to_the_others()
    {
        var replica = await OpenAsync(assessingAtOnce: 1);
        using var source = new ActivitySource(nameof(SharedTransactionTests));
        var seen = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = listened => listened == source || listened == Telemetry.Source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = seen.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        var causes = new List<Activity>();
        var answers = new List<Task>();
        await using (await database.HoldAsync())
        {
            answers.Add(replica.AssessAsync(Command(FraudDatabase.NewNumber())));
            await database.HeldAsync(1);
            for (var i = 0; i < 3; i++)
            {
                using var cause = source.StartActivity("request")!;
                causes.Add(cause);
                answers.Add(replica.AssessAsync(Command(FraudDatabase.NewNumber())));
            }
        }
        await Task.WhenAll(answers);
        var together = Assert.Single(seen, one => one.OperationName == "assess" && one.TraceId == causes[0].TraceId);
        Assert.Equal(causes[0].SpanId, together.ParentSpanId);
        Assert.Equal(causes[1..].Select(cause => cause.SpanId), together.Links.Select(link => link.Context.SpanId));
    }

    private Task<FraudDatabase.Replica> OpenAsync(int assessingAtOnce = 2) => OpenAsync(
        Documents.Quiet with { Velocity = [.. VelocityLimit.Usual.Where(limit => limit.Subject is SubjectKind.Number)] }, assessingAtOnce);

    private Task<FraudDatabase.Replica> OpenAsync(PolicyDocument document, int assessingAtOnce = 2) =>
        database.OpenAsync(TimeProvider.System, document, assessingAtOnce);

    /// <summary>In windows of ten minutes, which every policy here counts in.</summary>
    private Task<long> SumAsync(string measure, Subject subject) => database.QueryAsync<long>(
        $"select coalesce(sum({measure}), 0) from counters where key = $1 and grain = 5", CounterTable.KeyOf(subject));

    private static AssessRisk Command(PhoneNumber number) => FraudDatabase.Command(number, DateTimeOffset.UtcNow);

    private static SessionNews.Ended Withdrawn(AssessRisk command) =>
        new(command.RequestedAt, Verified: false, WrongReports: 0, Called: false);

    private Task<long> TransactionsOfAsync(string table, params Guid[] sessions) =>
        database.QueryAsync<long>($"select count(distinct xmin::text) from {table} where verification_id = any($1)", sessions);
}
