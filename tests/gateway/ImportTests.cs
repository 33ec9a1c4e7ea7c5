using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace FlashCall.Gateway.Tests;

/// <summary>Lists of numbers pass through as they come, however long they are and take; no other route is any wider for it.</summary>
public sealed class ImportTests
{
    private const string Import = "/v1/numbers/import?trunk=carrier";
    private const long Largest = 200 * 1024 * 1024;

    /// <summary>More than what is on the way is gathered to.</summary>
    private static readonly string Filler = string.Concat(Enumerable.Repeat("+442079460123,carrier\n", 10_000));

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(5 * 1024 * 1024, false)]
    [InlineData(5 * 1024 * 1024, true)]
    [InlineData(0, true)]
    public async Task A_list_passes_whole(int size, bool chunked)
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        var list = RandomNumberGenerator.GetBytes(size).Select(value => (byte)('0' + value % 10)).ToArray();
        using var request = Post(new ByteArrayContent(list), chunked);

        using var response = await gateway.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var received = Assert.Single(upstream.Received);
        Assert.Equal((Import, "text/csv"), (received.Target, received.Headers["Content-Type"]));
        Assert.Equal(Encoding.ASCII.GetString(list), received.Body);
    }

    [Fact]
    public async Task A_list_is_on_its_way_to_the_pool_before_the_client_has_sent_the_rest()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var rest = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        upstream.Instead = async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            if (await reader.ReadLineAsync() == "number,trunk")
                began.SetResult();
            rest.SetResult(await reader.ReadToEndAsync());
        };
        using var request = Post(new Streamed(async body =>
        {
            await body.WriteAsync(Encoding.ASCII.GetBytes("number,trunk\n" + Filler));
            await body.FlushAsync();
            await began.Task.WaitAsync(Deadline);
            await body.WriteAsync("+442079460123,carrier\n"u8.ToArray());
        }));

        using var response = await gateway.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Filler + "+442079460123,carrier\n", await rest.Task);
    }

    [Fact]
    public async Task A_list_that_says_it_is_too_long_is_refused_before_anything_is_sent()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        using var client = PatientClient(gateway);
        var content = new Streamed(_ => Task.CompletedTask, Largest + 1);
        using var request = Post(content, chunked: false);
        request.Headers.ExpectContinue = true;

        using var response = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        var problem = await Problem.OfAsync(response);
        Assert.Equal("body_too_large", problem.Code);
        Assert.Contains("at most 200 MiB", problem.Detail, StringComparison.Ordinal);
        Assert.False(content.Began);
        Assert.Empty(upstream.Received);
    }

    [Fact]
    public async Task A_list_that_turns_out_too_long_does_not_reach_its_end()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        upstream.Instead = context => ReadToEndAsync(context, end);
        using var request = Post(new Streamed(async body =>
        {
            var mebibyte = new byte[1024 * 1024];
            for (var sent = 0L; sent < Largest; sent += mebibyte.Length)
                await body.WriteAsync(mebibyte);
            await body.WriteAsync(new byte[1]);
        }));

        using var response = await gateway.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("at most 200 MiB", (await Problem.OfAsync(response)).Detail, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<Exception>(() => end.Task.WaitAsync(Deadline));
        Assert.True(end.Task.IsFaulted);
    }

    [Theory]
    [InlineData(null, HttpStatusCode.Unauthorized)]
    [InlineData(RunningGateway.Key, HttpStatusCode.Forbidden)]
    public async Task A_list_is_not_read_of_who_may_not_import(string? key, HttpStatusCode status)
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        using var client = PatientClient(gateway);
        var content = new Streamed(_ => Task.CompletedTask, 1024 * 1024);
        using var request = Post(content, chunked: false, key);
        request.Headers.ExpectContinue = true;

        using var response = await client.SendAsync(request);

        Assert.Equal(status, response.StatusCode);
        Assert.False(content.Began);
        Assert.Empty(upstream.Received);
    }

    [Theory]
    [InlineData("/v1/numbers")]
    [InlineData("/v1/numbers/rest")]
    [InlineData("/v1/numbers/import/more")]
    [InlineData("/v1/numbers/%69mport%2Fmore")]
    public async Task Other_requests_about_numbers_have_the_limit_of_all(string path)
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        using var content = new ByteArrayContent(new byte[64 * 1024 + 1]);
        using var request = RunningGateway.Request(HttpMethod.Post, path, RunningGateway.OperatorKey, content);
        request.Headers.ExpectContinue = true;

        using var response = await gateway.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("64 KiB", (await Problem.OfAsync(response)).Detail, StringComparison.Ordinal);
        Assert.Empty(upstream.Received);
    }

    [Fact]
    public async Task A_refusal_comes_back_before_the_list_is_sent()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        upstream.Instead = context =>
        {
            context.Response.StatusCode = 409;
            return context.Response.WriteAsJsonAsync(
                new { status = 409, code = "import_under_way", detail = "Wait for it.", traceId = "t" }, options: null, "application/problem+json");
        };
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        using var client = PatientClient(gateway);
        var content = new Streamed(_ => Task.CompletedTask, Largest);
        using var request = Post(content, chunked: false);
        request.Headers.ExpectContinue = true;

        using var response = await client.SendAsync(request);

        Assert.Equal(new Problem(HttpStatusCode.Conflict, "import_under_way", "Wait for it.", "t"), await Problem.OfAsync(response));
        Assert.False(content.Began);
    }

    [Fact]
    public async Task An_import_may_take_longer_than_other_answers()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        upstream.Answer = context => taken.Task.WaitAsync(context.RequestAborted);
        await using var gateway = await RunningGateway.StartAsync([upstream.Address], ["--Gateway:AnswerTimeout=00:00:01"]);
        using var request = Post(new StringContent("number\n+442079460123\n"), chunked: false);

        var import = gateway.Client.SendAsync(request);
        // Begun after the import and ended by the time-out: the import has been silent for longer.
        using var content = new StringContent("{}", Encoding.UTF8, "application/json");
        await FlashCall.Testing.Eventually.TrueAsync(() => Task.FromResult(upstream.Received.Count == 1), () => "the list has arrived", Deadline);
        using (var other = await gateway.SendAsync(HttpMethod.Post, "/v1/numbers/rest", RunningGateway.OperatorKey, content))
            Assert.Equal(HttpStatusCode.GatewayTimeout, other.StatusCode);
        taken.SetResult();

        using var response = await import;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_replica_that_is_down_is_passed_over()
    {
        using var down = new RefusingAddress();
        await using var up = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(down.Address, up.Address);

        for (var i = 0; i < 10; i++)
        {
            using var request = Post(new StringContent($"number\n{i}\n"));
            (await gateway.Client.SendAsync(request)).EnsureSuccessStatusCode().Dispose();
        }

        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"number\n{i}\n"), up.Received.Select(received => received.Body));
    }

    [Fact]
    public async Task A_list_that_was_begun_is_not_given_to_another_replica()
    {
        await using var one = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var two = await Upstream.StartAsync(RunningGateway.PublicKey);
        var begun = 0;
        one.Instead = two.Instead = async context =>
        {
            Interlocked.Increment(ref begun);
            await context.Request.Body.ReadExactlyAsync(new byte[1]);
            context.Abort();
        };
        await using var gateway = await RunningGateway.StartAsync(one.Address, two.Address);
        using var request = Post(new StringContent("number\n+442079460123\n"));

        using var response = await gateway.Client.SendAsync(request);

        Assert.Equal("unavailable", (await Problem.OfAsync(response)).Code);
        Assert.Equal(1, begun);
    }

    [Fact]
    public async Task A_list_whose_client_goes_away_does_not_reach_its_end()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        using var client = new CancellationTokenSource();
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        upstream.Instead = async context =>
        {
            await context.Request.Body.ReadExactlyAsync(new byte[1]);
            await client.CancelAsync();
            await ReadToEndAsync(context, end);
        };
        using var request = Post(new Streamed(async body =>
        {
            await body.WriteAsync(Encoding.ASCII.GetBytes(Filler));
            await body.FlushAsync();
            await Task.Delay(Timeout.Infinite, client.Token).WaitAsync(Deadline);
        }));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gateway.Client.SendAsync(request, client.Token));

        await Assert.ThrowsAnyAsync<Exception>(() => end.Task.WaitAsync(Deadline));
        Assert.True(end.Task.IsFaulted);
    }

    private static async Task ReadToEndAsync(HttpContext context, TaskCompletionSource end)
    {
        try
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            end.SetResult();
        }
        catch (Exception exception)
        {
            end.SetException(exception);
            throw;
        }
    }

    private static HttpRequestMessage Post(HttpContent content, bool chunked = true, string? key = RunningGateway.OperatorKey)
    {
        content.Headers.ContentType = new("text/csv");
        var request = RunningGateway.Request(HttpMethod.Post, Import, key, content);
        request.Headers.TransferEncodingChunked = chunked;
        return request;
    }

    /// <summary>A client that sends no body unasked.</summary>
    private static HttpClient PatientClient(RunningGateway gateway) =>
        new(new SocketsHttpHandler { Expect100ContinueTimeout = Deadline }) { BaseAddress = gateway.Address };

    /// <summary>A body that is written as the test says, of the length it gives, if any.</summary>
    private sealed class Streamed(Func<Stream, Task> write, long? length = null) : HttpContent
    {
        public bool Began { get; private set; }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            Began = true;
            return write(stream);
        }

        protected override bool TryComputeLength(out long computed)
        {
            computed = length ?? 0;
            return length is not null;
        }
    }
}
