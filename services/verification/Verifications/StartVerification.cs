using System.Net;
using System.Security.Claims;
using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Watching;
using FluentValidation;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Verification.Verifications;

/// <summary>A client asks to verify a number: <c>POST /v1/verifications</c>.</summary>
internal sealed record StartVerification
{
    /// <summary>The answer waits until the caller ID is leased or the session denied, but not longer than this; then it says what is
    /// known.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(1);

    /// <summary>How long a device may still look at a session that has ended.</summary>
    private static readonly TimeSpan ClientTokenOutlives = TimeSpan.FromSeconds(60);

    /// <summary>The number to verify, in E.164.</summary>
    public string? To { get; init; }

    /// <summary>One of <see cref="Contracts.Purpose"/> in snake_case.</summary>
    public string? Purpose { get; init; }

    /// <summary>The client's own reference, at most 128 characters.</summary>
    public string? Reference { get; init; }

    /// <summary>The client's own notes: at most 16, keys to 64 and values to 512 characters.</summary>
    public IReadOnlyDictionary<string, string?>? Metadata { get; init; }

    /// <summary>What is known of the device.</summary>
    public ClientFacts? Client { get; init; }

    /// <summary>What is known of the device, as the client sends it.</summary>
    internal sealed record ClientFacts
    {
        public string? Ip { get; init; }

        public string? DeviceId { get; init; }

        public string? UserAgent { get; init; }
    }

    public static async Task<Results<Created<VerificationView>, ProblemHttpResult>> HandleAsync(
        StartVerification request, ClaimsPrincipal caller, SessionStore sessions, SessionWatch watch, Policies policies,
        ClientTokens clientTokens, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Validation.Check(new Validator(), request) is { } problem)
            return problem;

        var purpose = PurposeNames.Parse(request.Purpose!);
        var id = Guid.CreateVersion7();
        using var waiter = watch.Watch(id);
        var begun = await sessions.BeginAsync(id, new SessionCommand.Start
        {
            Now = time.GetUtcNow(),
            ApplicationId = caller.ApplicationId(),
            To = PhoneNumber.Parse(request.To!),
            Purpose = purpose,
            Reference = request.Reference,
            Metadata = request.Metadata?.ToDictionary(note => note.Key, note => note.Value!, StringComparer.Ordinal),
            Client = request.Client is { } client
                ? new ClientContext { Ip = client.Ip, DeviceId = client.DeviceId, UserAgent = client.UserAgent }
                : ClientContext.Unknown,
            Policy = policies.For(purpose, caller),
        }, cancellationToken);
        var known = await WaitAsync(begun, waiter, sessions, time, cancellationToken);
        return TypedResults.Created($"/v1/verifications/{id}", VerificationView.Of(known) with
        {
            ClientToken = clientTokens.Write(new ClientToken(id, known.Asked.ApplicationId, known.Asked.ExpiresAt + ClientTokenOutlives)),
        });
    }

    private static async Task<VerificationSession> WaitAsync(
        VerificationSession known, SessionWatch.Waiter waiter, SessionStore sessions, TimeProvider time,
        CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(AnswerWithin, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            while (!IsWorthAnswering(known))
                known = await waiter.NextAsync(linked.Token) ?? (await sessions.ReadAsync(known.Id, linked.Token))!.State;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            known = (await sessions.ReadAsync(known.Id, cancellationToken))!.State;
        }
        return known;
    }

    /// <summary>An app needs the prefix before the phone rings.</summary>
    private static bool IsWorthAnswering(VerificationSession session) =>
        session is VerificationSession.Ended || session.Current is { ReportsAllowed: > 0 };

    private sealed class Validator : AbstractValidator<StartVerification>
    {
        public Validator()
        {
            RuleLevelCascadeMode = CascadeMode.Stop;
            RuleFor(request => request.To)
                .NotEmpty().WithErrorCode("missing_number").WithMessage("Give the number to verify in E.164, such as +46701234567.")
                .Must(to => to!.TrimStart() is ['+', ..]).WithErrorCode("invalid_number")
                .WithMessage("Begin the number with + and the country code, such as +46701234567.")
                .Must(to => PhoneNumber.TryParse(to, out _)).WithErrorCode("invalid_number")
                .WithMessage("This is not a number that can be assigned. Check the country code and the number of digits.");
            RuleFor(request => request.Purpose)
                .NotEmpty().WithMessage($"Say what the verification is for: {PurposeNames.All}.")
                .Must(purpose => PurposeNames.Exists(purpose!)).WithMessage($"Unknown purpose. Expected one of: {PurposeNames.All}.");
            RuleFor(request => request.Reference).MaximumLength(128).WithMessage("At most 128 characters.");
            RuleFor(request => request.Metadata)
                .Must(notes => notes is null || notes.Count <= 16).WithMessage("At most 16 entries.")
                .Must(notes => notes is null || notes.All(note => note.Key.Length <= 64 && note.Value is { Length: <= 512 }))
                .WithMessage("Keys have at most 64 characters, values are strings of at most 512.");
            RuleFor(request => request.Client!.Ip)
                .Must(ip => ip is null || (ip.Length <= 45 && IPAddress.TryParse(ip, out _))).WithMessage("Not an IPv4 or IPv6 address.")
                .OverridePropertyName("client.ip").When(request => request.Client is not null);
            RuleFor(request => request.Client!.DeviceId).MaximumLength(128).WithMessage("At most 128 characters.")
                .OverridePropertyName("client.deviceId").When(request => request.Client is not null);
            RuleFor(request => request.Client!.UserAgent).MaximumLength(512).WithMessage("At most 512 characters.")
                .OverridePropertyName("client.userAgent").When(request => request.Client is not null);
        }
    }

    /// <summary>Purposes as the API spells them.</summary>
    private static class PurposeNames
    {
        private static readonly Dictionary<string, Purpose> Names =
            Enum.GetValues<Purpose>().ToDictionary(
                purpose => JsonNamingPolicy.SnakeCaseLower.ConvertName(purpose.ToString()), StringComparer.Ordinal);

        public static string All { get; } = string.Join(", ", Names.Keys);

        public static bool Exists(string name) => Names.ContainsKey(name);

        public static Purpose Parse(string name) => Names[name];
    }
}
