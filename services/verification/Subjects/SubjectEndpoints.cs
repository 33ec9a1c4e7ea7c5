using System.Globalization;
using System.Security.Claims;
using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Verifications;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Verification.Subjects;

/// <summary>Forgets persons, and shows that they were: <c>/v1/subjects</c>. Over all applications: a number belongs to a person, whichever
/// application verified it.</summary>
internal static class SubjectEndpoints
{
    private const string Scope = "subjects:erase";
    private const int UsualLimit = 20;
    private const int HighestLimit = 100;

    /// <summary>How often a request that waits looks how far the erasure is.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    /// <summary>Adds what the endpoints need, and what does the work.</summary>
    public static void AddSubjects(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<SubjectHash>();
        builder.Services.AddSingleton<ErasureStore>();
        builder.Services.AddSingleton<SessionEraser>();
        builder.Services.AddHostedService<ErasureConductor>();
    }

    /// <summary>Adds the endpoints.</summary>
    public static void MapSubjects(this WebApplication app)
    {
        var subjects = app.MapGroup("/v1/subjects").RequireScope(Scope);
        subjects.MapDelete("/{number}", EraseAsync);
        subjects.MapGet("/erasures", ListAsync);
        subjects.MapGet("/erasures/{id:guid}", GetAsync);
    }

    /// <summary>Erases a number: 202 while it is under way, 200 when it is complete, at once or within <c>Prefer: wait</c>. Repeated, it
    /// tells the same.</summary>
    private static async Task<Results<Ok<Erasure>, Accepted<Erasure>, ProblemHttpResult>> EraseAsync(
        string number, HttpContext http, ClaimsPrincipal caller, ErasureStore erasures, TimeProvider time,
        IHostApplicationLifetime lifetime, CancellationToken cancellationToken)
    {
        if (!PhoneNumber.TryParseKept(number, out var subject))
        {
            return Refused("number", "invalid_number",
                "Give the number in E.164 and nothing between its digits, such as /v1/subjects/+46701234567.");
        }
        var id = await erasures.BeginAsync(subject, caller.ApplicationId(), time.Now(), cancellationToken);
        var wait = Preferences.Wait(http.Request);
        var erasure = await UntilAsync(erasures, id, wait ?? TimeSpan.Zero, time, lifetime.ApplicationStopping, cancellationToken);
        if (wait is { } waited)
            Preferences.SetApplied(http.Response, waited);
        return erasure.IsComplete ? TypedResults.Ok(erasure) : TypedResults.Accepted(Erasure.PathOf(id), erasure);
    }

    /// <summary>An erasure; with <c>Prefer: wait</c> not before it is complete.</summary>
    private static async Task<Results<Ok<Erasure>, ProblemHttpResult>> GetAsync(
        Guid id, HttpContext http, ErasureStore erasures, TimeProvider time, IHostApplicationLifetime lifetime,
        CancellationToken cancellationToken)
    {
        if (await erasures.FindAsync(id, cancellationToken) is not { } erasure)
            return Problems.Problem(404, "erasure_not_found", "No such erasure", "There is no erasure with this id.");
        if (Preferences.Wait(http.Request) is { } wait)
        {
            Preferences.SetApplied(http.Response, wait);
            erasure = await UntilAsync(erasures, id, wait, time, lifetime.ApplicationStopping, cancellationToken);
        }
        return TypedResults.Ok(erasure);
    }

    /// <summary>The erasures, the newest first: <c>?limit=</c>, and <c>?after=</c> the <c>next</c> of the page before.</summary>
    private static async Task<Results<Ok<ErasurePage>, ProblemHttpResult>> ListAsync(
        HttpRequest http, ErasureStore erasures, CancellationToken cancellationToken)
    {
        var (limit, after) = (UsualLimit, (Guid?)null);
        if (http.Query["limit"].ToString() is { Length: > 0 } text
            && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > HighestLimit))
        {
            return Refused("limit", "validation_failed", $"Give a whole number from 1 to {HighestLimit}; {UsualLimit} is usual.");
        }
        if (http.Query["after"].ToString() is { Length: > 0 } cursor)
        {
            if (!Guid.TryParse(cursor, out var place))
                return Refused("after", "validation_failed", "Give the 'next' of the page before as it came, or leave it out for the first.");
            after = place;
        }
        var found = await erasures.ListAsync(after, limit + 1, cancellationToken);
        return TypedResults.Ok(new ErasurePage
        {
            Items = [.. found.Take(limit)],
            Next = found.Count > limit ? found[limit - 1].Id : null,
        });
    }

    /// <summary>Waits until an erasure is complete, as long as somebody may wait.</summary>
    private static async Task<Erasure> UntilAsync(
        ErasureStore erasures, Guid id, TimeSpan within, TimeProvider time, CancellationToken stopping, CancellationToken aborted)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var erasure = await erasures.FindAsync(id, aborted) ?? throw new InvalidOperationException($"The erasure {id} is gone.");
            if (erasure.IsComplete || stopping.IsCancellationRequested || time.GetElapsedTime(began) >= within)
                return erasure;
            await Task.Delay(LookEvery, time, aborted);
        }
    }

    private static ProblemHttpResult Refused(string field, string code, string message) => Problems.Problem(
        422, code, "The request is not valid", $"{field}: {message}",
        new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = [message] });
}

/// <summary>A part of the list of erasures.</summary>
internal sealed record ErasurePage
{
    /// <summary>The newest first.</summary>
    public required IReadOnlyList<Erasure> Items { get; init; }

    /// <summary>The cursor of the next part; null when this is the last.</summary>
    public Guid? Next { get; init; }
}
