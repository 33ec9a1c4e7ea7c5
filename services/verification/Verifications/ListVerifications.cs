using System.Globalization;
using System.Security.Claims;
using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using FluentValidation;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Primitives;

namespace FlashCall.Verification.Verifications;

/// <summary>The sessions of an application, newest first, also the way to look one up by number or reference:
/// <c>GET /v1/verifications</c>.</summary>
internal sealed record ListVerifications
{
    private const int UsualLimit = 20;
    private const int HighestLimit = 100;

    private static readonly string[] Names = ["reference", "to", "status", "purpose", "createdFrom", "createdTo", "limit", "after"];

    private static readonly string Statuses = string.Join(", ", SessionStatus.All);

    public string? Reference { get; init; }

    public string? To { get; init; }

    public string? Status { get; init; }

    public string? Purpose { get; init; }

    public string? CreatedFrom { get; init; }

    public string? CreatedTo { get; init; }

    public string? Limit { get; init; }

    public string? After { get; init; }

    public static async Task<Results<Ok<VerificationPage>, ProblemHttpResult>> HandleAsync(
        HttpRequest http, ClaimsPrincipal caller, VerificationRows rows, CancellationToken cancellationToken)
    {
        if (Array.Find(Names, name => http.Query[name].Count > 1) is { } repeated)
        {
            return Problems.Problem(422, "validation_failed", "The request is not valid", $"{repeated}: Give it once.",
                new Dictionary<string, string[]>(StringComparer.Ordinal) { [repeated] = ["Give it once."] });
        }
        var request = Read(http.Query);
        if (Validation.Check(new Validator(), request) is { } problem)
            return problem;

        var limit = request.Limit is { } text ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : UsualLimit;
        // One more than is shown tells whether there are more.
        var found = await rows.ListAsync(caller.ApplicationId(), request.Search(), limit + 1, cancellationToken);
        return TypedResults.Ok(new VerificationPage
        {
            Items = [.. found.Take(limit)],
            Next = found.Count > limit ? new VerificationPlace(found[limit - 1].CreatedAt, found[limit - 1].Id).Write() : null,
        });
    }

    private static ListVerifications Read(IQueryCollection query) => new()
    {
        Reference = Text(query["reference"]),
        // Left as it is in an address, the plus sign arrives as a space.
        To = Text(query["to"]) is [' ', .. var digits] ? $"+{digits}" : Text(query["to"]),
        Status = Text(query["status"]),
        Purpose = Text(query["purpose"]),
        CreatedFrom = Text(query["createdFrom"]),
        CreatedTo = Text(query["createdTo"]),
        Limit = Text(query["limit"]),
        After = Text(query["after"]),
    };

    private static string? Text(StringValues values) => values is [{ Length: > 0 } text] ? text : null;

    private VerificationSearch Search()
    {
        VerificationPlace? place = After is not null && VerificationPlace.TryRead(After, out var read) ? read : null;
        return new VerificationSearch
        {
            To = To is null ? null : PhoneNumber.Parse(To),
            Reference = Reference,
            Status = Status,
            Purpose = Purpose,
            CreatedFrom = Time(CreatedFrom),
            CreatedTo = Time(CreatedTo),
            After = place,
        };
    }

    /// <summary>A time of RFC 3339 with its offset; null where there is none or it is not one.</summary>
    internal static DateTimeOffset? Time(string? text)
    {
        // The plus sign of an offset arrives as a space, too.
        var time = text?.Replace(' ', '+');
        return time is not null && time.IndexOf('T', StringComparison.OrdinalIgnoreCase) == 10
            && (time[^1] is 'Z' or 'z' || time.AsSpan(11).IndexOfAny('+', '-') > 0)
            && DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed)
                ? parsed.ToUniversalTime()
                : null;
    }

    private sealed class Validator : AbstractValidator<ListVerifications>
    {
        public Validator()
        {
            RuleFor(request => request.Reference).Must(reference => reference is null || StartVerification.IsText(reference, 128))
                .WithMessage("At most 128 characters.");
            RuleFor(request => request.To).Must(to => to is null || PhoneNumber.TryParse(to, out _))
                .WithMessage("Give the number in E.164, such as %2B46701234567 (+ written as %2B).");
            RuleFor(request => request.Status).Must(status => status is null || SessionStatus.All.Contains(status))
                .WithMessage($"Expected one of: {Statuses}.");
            RuleFor(request => request.Purpose).Must(purpose => purpose is null || PurposeName.Read(purpose) is not null)
                .WithMessage($"Expected one of: {PurposeName.All}.");
            RuleFor(request => request.CreatedFrom).Must(time => time is null || Time(time) is not null)
                .WithMessage("Give a time with its offset (RFC 3339), such as 2026-11-23T09:00:00Z.");
            RuleFor(request => request.CreatedTo).Must(time => time is null || Time(time) is not null)
                .WithMessage("Give a time with its offset (RFC 3339), such as 2026-11-23T09:00:00Z.");
            RuleFor(request => request.Limit)
                .Must(limit => limit is null || (int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                    && count is >= 1 and <= HighestLimit))
                .WithMessage($"Give a whole number from 1 to {HighestLimit}; {UsualLimit} is usual.");
            RuleFor(request => request.After).Must(after => after is null || VerificationPlace.TryRead(after, out _))
                .WithMessage("Not a cursor of this list. Give the 'next' of the page before as it came, or leave it out for the first.");
        }
    }
}

/// <summary>A part of the list of sessions.</summary>
internal sealed record VerificationPage
{
    /// <summary>Newest first.</summary>
    public required IReadOnlyList<VerificationRow> Items { get; init; }

    /// <summary>The cursor of the next part; null when this is the last.</summary>
    public string? Next { get; init; }
}
