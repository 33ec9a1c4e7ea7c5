using System.Net;
using System.Runtime.InteropServices;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using FluentValidation;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace FlashCall.Verification.Verifications;

/// <summary>A client asks to verify a number: <c>POST /v1/verifications</c>.</summary>
internal sealed record StartVerification
{
    /// <summary>How long a device may still look at a session that has ended.</summary>
    private static readonly TimeSpan ClientTokenOutlives = TimeSpan.FromSeconds(60);

    /// <summary>The number to verify: in E.164, or in any common spelling of <see cref="DefaultRegion"/>.</summary>
    public string? To { get; init; }

    /// <summary>One of <see cref="Contracts.Purpose"/> in snake_case.</summary>
    public string? Purpose { get; init; }

    /// <summary>The client's own reference, at most 128 characters.</summary>
    public string? Reference { get; init; }

    /// <summary>The client's own notes: at most 16, keys to 64 and values to 512 characters.</summary>
    public IReadOnlyDictionary<string, string?>? Metadata { get; init; }

    /// <summary>What is known of the device.</summary>
    public ClientFacts? Client { get; init; }

    /// <summary>The region whose national spellings <see cref="To"/> may have (ISO 3166-1 alpha-2).</summary>
    public string? DefaultRegion { get; init; }

    /// <summary>What is being confirmed: any object of at most 4 KiB. Its hash is kept.</summary>
    public JsonElement? Transaction { get; init; }

    /// <summary>What the client wishes of a flash call.</summary>
    public FlashCallWishes? FlashCall { get; init; }

    /// <summary>What is known of the device, as the client sends it.</summary>
    internal sealed record ClientFacts
    {
        public string? Ip { get; init; }

        public string? DeviceId { get; init; }

        public string? UserAgent { get; init; }

        /// <summary>An app on the device can read the incoming call itself.</summary>
        public bool? CanIntercept { get; init; }

        /// <summary>A person has to read the call and type it.</summary>
        public bool? ManualOnly { get; init; }
    }

    /// <summary>Wishes for a flash call, in seconds from 5 to 120.</summary>
    internal sealed record FlashCallWishes
    {
        /// <summary>How long to wait for the ring; counts where it is shorter than the policy's own.</summary>
        public int? DialTimeout { get; init; }

        /// <summary>How long the client watches for the call.</summary>
        public int? InterceptionTimeout { get; init; }
    }

    public static async Task<Results<Created<VerificationView>, ProblemHttpResult>> HandleAsync(
        JsonElement body, HttpContext http, ClaimsPrincipal caller, SessionStarts starts, Policies policies,
        ClientTokens clientTokens, TimeProvider time, IOptions<JsonOptions> json, CancellationToken cancellationToken)
    {
        var request = Read(body, json.Value.SerializerOptions);
        if (Validation.Check(new Validator(), request) is { } problem)
            return problem;
        if (StartHeaders.Read(http.Request, out var wrongHeader) is not { } headers)
            return wrongHeader!;

        var key = headers.IdempotencyKey is { } text ? new IdempotencyKey(text, HashOf(body)) : null;
        var start = request.Start(caller, policies, headers.Denied, time.Now());
        var answer = await starts.StartAsync(headers.VerificationId ?? Guid.CreateVersion7(), start, key, headers.Wait, cancellationToken);
        if (answer.Refused is { } refused)
            return refused;
        var session = answer.Session!;
        if (headers.Wait is { } wait)
            Preferences.SetApplied(http.Response, wait);
        VerificationHeaders.SetVersion(http.Response, session.Revision);
        return TypedResults.Created($"/v1/verifications/{session.Id}", VerificationView.Of(session) with
        {
            ClientToken = clientTokens.Write(
                new ClientToken(session.Id, session.Asked.ApplicationId, session.Asked.ExpiresAt + ClientTokenOutlives)),
        });
    }

    /// <summary>Whether a text of a client can be kept: PostgreSQL takes no NUL.</summary>
    internal static bool IsText(string text, int longest) => text.Length <= longest && !text.Contains('\0', StringComparison.Ordinal);

    private static StartVerification Read(JsonElement body, JsonSerializerOptions json)
    {
        try
        {
            return body.Deserialize<StartVerification>(json)
                ?? throw new BadHttpRequestException("The body is null.", new JsonException("Expected an object."));
        }
        catch (JsonException exception)
        {
            throw new BadHttpRequestException("The body is not a start.", exception);
        }
    }

    /// <summary>Of the canonical form: a client that builds its body anew may order its members otherwise.</summary>
    private static byte[] HashOf(JsonElement body) =>
        CanonicalJson.Of(body)?.Hash() ?? SHA256.HashData(Encoding.UTF8.GetBytes(body.GetRawText()));

    private SessionCommand.Start Start(ClaimsPrincipal caller, Policies policies, string? denied, DateTimeOffset now)
    {
        var purpose = PurposeName.Read(Purpose!)!.Value;
        return new SessionCommand.Start
        {
            Now = now,
            ApplicationId = caller.ApplicationId(),
            To = PhoneNumber.Parse(To!, DefaultRegion),
            Purpose = purpose,
            Reference = Reference,
            Metadata = Metadata?.ToDictionary(note => note.Key, note => note.Value!, StringComparer.Ordinal),
            Client = Client is { } client
                ? new ClientContext
                {
                    Ip = client.Ip,
                    DeviceId = client.DeviceId,
                    UserAgent = client.UserAgent,
                    CanIntercept = client.CanIntercept,
                    ManualOnly = client.ManualOnly,
                }
                : ClientContext.Unknown,
            Policy = PolicyFor(policies.For(purpose, caller)),
            TransactionHash = Transaction is { } transaction ? Convert.ToHexStringLower(CanonicalJson.Of(transaction)!.Hash()) : null,
            Denied = denied,
        };
    }

    private SessionPolicy PolicyFor(SessionPolicy policy) => policy with
    {
        PostDialDelayCap = FlashCall?.DialTimeout is { } dial && TimeSpan.FromSeconds(dial) < policy.PostDialDelayCap
            ? TimeSpan.FromSeconds(dial)
            : policy.PostDialDelayCap,
        InterceptionTimeout = FlashCall?.InterceptionTimeout is { } watch ? TimeSpan.FromSeconds(watch) : null,
    };

    private sealed class Validator : AbstractValidator<StartVerification>
    {
        private const int LongestTransaction = 4096;
        private const string TimeoutRange = "Give whole seconds from 5 to 120.";

        public Validator()
        {
            RuleLevelCascadeMode = CascadeMode.Stop;
            RuleFor(request => request.DefaultRegion)
                .Must(region => region is null || PhoneNumber.IsRegion(region))
                .WithMessage("Not a region with telephone numbers. Give two capital letters of ISO 3166-1, such as SE.");
            RuleFor(request => request.To)
                .NotEmpty().WithErrorCode("missing_number").WithMessage("Give the number to verify in E.164, such as +46701234567.")
                .Must((request, to) => request.DefaultRegion is not null || to!.TrimStart() is ['+', ..]).WithErrorCode("invalid_number")
                .WithMessage("Begin the number with + and the country code, such as +46701234567, "
                    + "or say in defaultRegion which country's spelling it has, such as SE.")
                .Must((request, to) => IsNumber(to, request.DefaultRegion)).WithErrorCode("invalid_number")
                .WithMessage("This is not a number that can be assigned. Check the country code and the number of digits.");
            RuleFor(request => request.Purpose)
                .NotEmpty().WithMessage($"Say what the verification is for: {PurposeName.All}.")
                .Must(purpose => PurposeName.Read(purpose!) is not null)
                .WithMessage($"Unknown purpose. Expected one of: {PurposeName.All}.");
            RuleFor(request => request.Reference).Must(reference => reference is null || IsText(reference, 128))
                .WithMessage("At most 128 characters, none of them NUL.");
            RuleFor(request => request.Metadata)
                .Must(notes => notes is null || notes.Count <= 16).WithMessage("At most 16 entries.")
                .Must(notes => notes is null || notes.All(
                    note => IsText(note.Key, 64) && note.Value is not null && IsText(note.Value, 512)))
                .WithMessage("Keys have at most 64 characters, values are strings of at most 512, and none of them is NUL.");
            RuleFor(request => request.Transaction)
                .Must(transaction => transaction is null or { ValueKind: JsonValueKind.Object })
                .WithMessage("Give an object, such as { \"amount\": \"100.00\", \"currency\": \"SEK\" }.")
                .Must(transaction => transaction is not { } given || JsonMarshal.GetRawUtf8Value(given).Length <= LongestTransaction)
                .WithMessage($"At most {LongestTransaction} bytes. Send a hash of your own of what is larger.")
                .Must(transaction => transaction is not { } given || CanonicalJson.Of(given) is { IsExact: true })
                .WithMessage("It has text that is no Unicode, or a number with more digits than a JSON number keeps (IEEE 754 double): "
                    + "another transaction would have the same hash. Write such a number as a string.");
            RuleFor(request => request.Client!.Ip)
                .Must(ip => ip is null || (ip.Length <= 45 && IPAddress.TryParse(ip, out _))).WithMessage("Not an IPv4 or IPv6 address.")
                .OverridePropertyName("client.ip").When(request => request.Client is not null);
            RuleFor(request => request.Client!.DeviceId)
                .Must(id => id is null || IsText(id, 128)).WithMessage("At most 128 characters, none of them NUL.")
                .OverridePropertyName("client.deviceId").When(request => request.Client is not null);
            RuleFor(request => request.Client!.UserAgent)
                .Must(agent => agent is null || IsText(agent, 512)).WithMessage("At most 512 characters, none of them NUL.")
                .OverridePropertyName("client.userAgent").When(request => request.Client is not null);
            RuleFor(request => request.Client!.ManualOnly)
                .Must((request, manualOnly) => manualOnly is not true || request.Client!.CanIntercept is not true)
                .WithMessage("A device that can intercept the call (canIntercept) is not one where only a person can read it.")
                .OverridePropertyName("client.manualOnly").When(request => request.Client is not null);
            RuleFor(request => request.FlashCall!.DialTimeout).Must(IsTimeout).WithMessage(TimeoutRange)
                .OverridePropertyName("flashCall.dialTimeout").When(request => request.FlashCall is not null);
            RuleFor(request => request.FlashCall!.InterceptionTimeout).Must(IsTimeout).WithMessage(TimeoutRange)
                .OverridePropertyName("flashCall.interceptionTimeout").When(request => request.FlashCall is not null);
        }

        private static bool IsTimeout(int? seconds) => seconds is null or (>= 5 and <= 120);

        // A region that is wrong is told of once.
        private static bool IsNumber(string? to, string? region) =>
            (region is not null && !PhoneNumber.IsRegion(region)) || PhoneNumber.TryParse(to, out _, region);
    }
}
