using FlashCall.Contracts;

namespace FlashCall.Gateway.Sinch;

/// <summary>Whose number is to be verified.</summary>
/// <param name="Type"><c>number</c>.</param>
/// <param name="Endpoint">The number in E.164.</param>
internal sealed record IdentityDocument(string? Type, string? Endpoint)
{
    /// <summary>The identity of a number.</summary>
    public static IdentityDocument Of(string number) => new("number", number);
}

/// <summary>What is common to requests about a number.</summary>
internal static class Numbers
{
    /// <summary>Reads a number in E.164 form.</summary>
    /// <returns>The number, or what is wrong with it.</returns>
    public static (PhoneNumber? Number, SinchError? Wrong) Read(string? text)
    {
        var trimmed = text?.Trim() ?? "";
        if (trimmed.Length == 0)
            return (null, new SinchError(SinchError.Parameter, "The number is missing. Give it in E.164, such as +46701234567."));
        if (trimmed[0] != '+')
        {
            return (null, new SinchError(
                SinchError.MissingPlus, "The number does not begin with + and its country code. Give it in E.164, such as +46701234567."));
        }
        return PhoneNumber.TryParse(trimmed, out var number)
            ? (number, null)
            : (null, new SinchError(
                SinchError.Parameter, "The number is none that can be assigned. Check its country code and how many digits it has."));
    }
}

/// <summary>The ways of verifying that the surface knows by name.</summary>
internal static class Methods
{
    /// <summary>By flash call. Spelt so in answers: a client library fails over <c>flashCall</c>.</summary>
    public const string FlashCall = "flashcall";

    /// <summary>What is wrong with a method; null where it is that of a flash call.</summary>
    public static SinchError? Check(string? method) => string.Equals(method, FlashCall, StringComparison.OrdinalIgnoreCase)
        ? null
        : new SinchError(SinchError.Parameter, $"The method is missing, or none that is offered here. Give '{FlashCall}'.");
}

/// <summary>A start: <c>POST /verification/v1/verifications</c>. Further fields, such as what a phone tells of itself, are
/// ignored.</summary>
internal sealed record StartDocument
{
    private const int LongestReference = 128;

    /// <summary>Whom to call.</summary>
    public IdentityDocument? Identity { get; init; }

    /// <summary>How: by flash call.</summary>
    public string? Method { get; init; }

    /// <summary>The client's own name for it, which no other start of the application has; at most 128 characters.</summary>
    public string? Reference { get; init; }

    /// <summary>The client's own note, at most <see cref="SinchNotes.LongestCustom"/> characters.</summary>
    public string? Custom { get; init; }

    /// <summary>Wishes for the call.</summary>
    public FlashCallOptionsDocument? FlashCallOptions { get; init; }

    /// <summary>What is wrong with it; null where nothing is.</summary>
    public SinchError? Check()
    {
        if (Methods.Check(Method) is { } wrongMethod)
            return wrongMethod;
        if (!string.Equals(Identity?.Type, "number", StringComparison.OrdinalIgnoreCase))
            return new SinchError(SinchError.Parameter, "The identity is missing, or of another type. Give type 'number' and an endpoint.");
        if (Numbers.Read(Identity!.Endpoint).Wrong is { } wrongNumber)
            return wrongNumber;
        if (Reference is not null && !IsText(Reference, LongestReference))
            return new SinchError(SinchError.Parameter, $"The reference has more than {LongestReference} characters, or a NUL.");
        if (Custom is not null && !IsText(Custom, SinchNotes.LongestCustom))
            return new SinchError(SinchError.Parameter, $"The custom text has more than {SinchNotes.LongestCustom} characters, or a NUL.");
        return FlashCallOptions?.Check();
    }

    private static bool IsText(string text, int longest) => text.Length <= longest && !text.Contains('\0', StringComparison.Ordinal);
}

/// <summary>Wishes for a flash call, as a start or the answer of a callback has them.</summary>
/// <param name="DialTimeout">How long to wait for the ring, 5 to 120 s.</param>
/// <param name="InterceptionTimeout">How long the phone watches for the call, 5 to 120 s.</param>
internal sealed record FlashCallOptionsDocument(int? DialTimeout, int? InterceptionTimeout)
{
    /// <summary>What is wrong with it; null where nothing is.</summary>
    public SinchError? Check() => IsTimeout(DialTimeout) && IsTimeout(InterceptionTimeout)
        ? null
        : new SinchError(SinchError.Parameter, "dialTimeout and interceptionTimeout are whole seconds from 5 to 120.");

    private static bool IsTimeout(int? seconds) => seconds is null or (>= 5 and <= 120);
}

/// <summary>A report of the number that called.</summary>
internal sealed record ReportDocument
{
    private const int LongestSource = 32;

    /// <summary>How: by flash call.</summary>
    public string? Method { get; init; }

    /// <summary>How the phone came by the number, in the client library's word: <c>intercept</c>, <c>log</c>, <c>manual</c> and so
    /// on.</summary>
    public string? Source { get; init; }

    /// <summary>The number that called.</summary>
    public CliDocument? FlashCall { get; init; }

    /// <summary>Whether the phone read the number itself.</summary>
    public bool IsIntercepted =>
        Source is not null
        && (Source.StartsWith("intercept", StringComparison.OrdinalIgnoreCase) || Source.Equals("log", StringComparison.OrdinalIgnoreCase));

    /// <summary>What is wrong with it; null where nothing is.</summary>
    public SinchError? Check()
    {
        if (Methods.Check(Method) is { } wrongMethod)
            return wrongMethod;
        if (string.IsNullOrWhiteSpace(FlashCall?.Cli))
            return new SinchError(SinchError.Parameter, "The cli is missing. Give flashCall.cli, the number that called.");
        if (Source is { Length: > 0 }
            && (Source.Length > LongestSource || !Source.All(sign => char.IsAsciiLetterOrDigit(sign) || sign is '-' or '_')))
        {
            return new SinchError(SinchError.Parameter, $"The source is one word of at most {LongestSource} letters, such as 'manual'.");
        }
        return null;
    }

    /// <param name="Cli">The number, as the phone shows it.</param>
    internal sealed record CliDocument(string? Cli);
}

/// <summary>What an Android phone tells of the call.</summary>
internal sealed record TelemetryDocument
{
    /// <summary>How: by flash call.</summary>
    public string? Method { get; init; }

    /// <summary>What happened.</summary>
    public CallDocument? Data { get; init; }

    /// <param name="LateCall">The call came after the phone had stopped waiting for it.</param>
    /// <param name="NoCall">None came.</param>
    internal sealed record CallDocument(bool? LateCall, bool? NoCall);
}
