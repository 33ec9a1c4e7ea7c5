using System.Text.Json;
using FlashCall.Contracts;

namespace FlashCall.Cli.Replay.WhatIf;

/// <summary>Reads stored events, of every release: fields that an older one did not have are left at what held then, and unknown ones are
/// passed over.</summary>
internal static class RecordedEventReader
{
    private const string Asked = "verification_requested";
    private const string Assessed = "risk_assessed";
    private const string NotAssessed = "risk_unavailable";
    private const string Leased = "caller_id_leased";
    private const string NotCalled = "call_not_placed";
    private const string CallOver = "call_ended";
    private const string Reported = "report_received";

    private static readonly Dictionary<string, VerificationOutcome> Ends = new(StringComparer.Ordinal)
    {
        ["verification_succeeded"] = VerificationOutcome.Succeeded,
        ["verification_denied"] = VerificationOutcome.Denied,
        ["verification_failed"] = VerificationOutcome.Failed,
        ["verification_expired"] = VerificationOutcome.Expired,
        ["verification_cancelled"] = VerificationOutcome.Cancelled,
        ["verification_superseded"] = VerificationOutcome.Superseded,
        ["verification_errored"] = VerificationOutcome.Errored,
    };

    /// <summary>The names of the events that say something to a question.</summary>
    public static IReadOnlyCollection<string> Types { get; } =
        [Asked, Assessed, NotAssessed, Leased, NotCalled, CallOver, Reported, .. Ends.Keys];

    /// <summary>Reads one.</summary>
    /// <param name="session">The session.</param>
    /// <param name="type">The event's name.</param>
    /// <param name="json">Its data, UTF-8.</param>
    /// <returns>Null for an event that says nothing to a question.</returns>
    /// <exception cref="JsonException">It is no such event.</exception>
    public static RecordedEvent? Read(Guid session, string type, ReadOnlySpan<byte> json)
    {
        try
        {
            return type switch
            {
                Asked => ReadAsked(session, json),
                Assessed => ReadAssessed(session, json),
                NotAssessed => new RecordedEvent.NotAssessed(session, ReadFields(json).At),
                Leased => ReadFields(json) is var leased
                    ? new RecordedEvent.Leased(session, leased.At, leased.Attempt, leased.Candidates, leased.ReportsAllowed)
                    : null,
                NotCalled => ReadFields(json) is var back ? new RecordedEvent.NotCalled(session, back.At, back.Attempt) : null,
                CallOver => ReadFields(json) is var call
                    ? new RecordedEvent.CallOver(session, call.At, call.Attempt)
                    {
                        InvitedAt = call.InvitedAt,
                        RangAt = call.RangAt,
                        Answered = call.Answered,
                        Trunk = call.Trunk,
                    }
                    : null,
                Reported => ReadFields(json) is var report
                    ? new RecordedEvent.Reported(session, report.At, report.Matched, report.Typed)
                    : null,
                _ => Ends.TryGetValue(type, out var outcome)
                    ? new RecordedEvent.Ended(session, ReadFields(json).At, outcome)
                    : null,
            };
        }
        // A value of another kind than the field has.
        catch (Exception exception) when (exception is InvalidOperationException or FormatException or ArgumentException)
        {
            throw new JsonException(exception.Message, exception);
        }
    }

    private static RecordedEvent.Asked ReadAsked(Guid session, ReadOnlySpan<byte> json)
    {
        var reader = Begin(json);
        var (at, application, to, purpose) = (default(DateTimeOffset), "", "", Purpose.Login);
        var (ip, device) = (default(string), default(string));
        var (ring, lifetime, floor) = (TimeSpan.Zero, TimeSpan.Zero, 0.0);
        while (NextField(ref reader))
        {
            if (Is(ref reader, "at"u8))
                at = reader.GetDateTimeOffset();
            else if (Is(ref reader, "applicationId"u8))
                application = Text(ref reader) ?? "";
            else if (Is(ref reader, "to"u8))
                to = Text(ref reader) ?? "";
            else if (Is(ref reader, "purpose"u8))
                purpose = Enum.Parse<Purpose>(Text(ref reader) ?? "");
            else if (Is(ref reader, "client"u8))
                ReadClient(ref reader, out ip, out device);
            else if (Is(ref reader, "policy"u8))
                ReadPolicy(ref reader, out ring, out lifetime, out floor);
            else
                Pass(ref reader);
        }
        if (to.Length == 0 || application.Length == 0)
            throw new JsonException("A request without an application or a number.");
        return new RecordedEvent.Asked(session, at)
        {
            Application = application,
            To = to,
            Purpose = purpose,
            Ip = ip,
            Device = device,
            RingTime = ring,
            Lifetime = lifetime,
            FloorBits = floor,
        };
    }

    private static void ReadClient(ref Utf8JsonReader reader, out string? ip, out string? device)
    {
        (ip, device) = (null, null);
        while (NextField(ref reader))
        {
            if (Is(ref reader, "ip"u8))
                ip = Text(ref reader);
            else if (Is(ref reader, "deviceId"u8))
                device = Text(ref reader);
            else
                Pass(ref reader);
        }
    }

    private static void ReadPolicy(ref Utf8JsonReader reader, out TimeSpan ring, out TimeSpan lifetime, out double floor)
    {
        (ring, lifetime, floor) = (TimeSpan.Zero, TimeSpan.Zero, 0);
        while (NextField(ref reader))
        {
            if (Is(ref reader, "ringTime"u8))
                ring = Span(ref reader);
            else if (Is(ref reader, "lifetime"u8))
                lifetime = Span(ref reader);
            else if (Is(ref reader, "floorBits"u8))
                floor = reader.GetDouble();
            else
                Pass(ref reader);
        }
    }

    private static RecordedEvent.Assessed ReadAssessed(Guid session, ReadOnlySpan<byte> json)
    {
        var reader = Begin(json);
        var (at, verdict, score, line, version) = (default(DateTimeOffset), Verdict.Allow, 0, LineType.Unknown, "");
        var factors = new Factors();
        while (NextField(ref reader))
        {
            if (Is(ref reader, "at"u8))
                at = reader.GetDateTimeOffset();
            else if (Is(ref reader, "verdict"u8))
                verdict = Enum.Parse<Verdict>(Text(ref reader) ?? "");
            else if (Is(ref reader, "score"u8))
                score = reader.GetInt32();
            else if (Is(ref reader, "lineType"u8))
                line = Enum.Parse<LineType>(Text(ref reader) ?? "");
            else if (Is(ref reader, "policyVersion"u8))
                version = Text(ref reader) ?? "";
            else if (Is(ref reader, "factors"u8))
                factors.Read(ref reader);
            else
                Pass(ref reader);
        }
        return new RecordedEvent.Assessed(session, at)
        {
            Verdict = verdict,
            Score = score,
            LineType = line,
            IsValid = !factors.NotValid,
            PolicyVersion = version,
            Reason = factors.Heaviest,
            AddressCountry = factors.AddressCountry,
            BlockListed = factors.BlockListed,
            IsSafe = factors.Waived,
        };
    }

    private static Fields ReadFields(ReadOnlySpan<byte> json)
    {
        var reader = Begin(json);
        var fields = new Fields();
        while (NextField(ref reader))
        {
            if (Is(ref reader, "at"u8))
                fields.At = reader.GetDateTimeOffset();
            else if (Is(ref reader, "attemptId"u8))
                fields.Attempt = reader.GetGuid();
            else if (Is(ref reader, "candidates"u8))
                fields.Candidates = reader.GetInt64();
            else if (Is(ref reader, "reportsAllowed"u8))
                fields.ReportsAllowed = reader.GetInt32();
            else if (Is(ref reader, "invitedAt"u8))
                fields.InvitedAt = reader.GetDateTimeOffset();
            else if (Is(ref reader, "rangAt"u8))
                fields.RangAt = reader.GetDateTimeOffset();
            else if (Is(ref reader, "answered"u8))
                fields.Answered = reader.GetBoolean();
            else if (Is(ref reader, "matched"u8))
                fields.Matched = reader.GetBoolean();
            else if (Is(ref reader, "source"u8))
                fields.Typed = reader.ValueTextEquals("Typed"u8);
            else if (Is(ref reader, "trunk"u8))
                fields.Trunk = Text(ref reader);
            else
                Pass(ref reader);
        }
        return fields;
    }

    private static Utf8JsonReader Begin(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        return reader.Read() && reader.TokenType is JsonTokenType.StartObject
            ? reader
            : throw new JsonException("An event that is no JSON object.");
    }

    /// <summary>Goes to the name of the next field of an object; false at its end.</summary>
    private static bool NextField(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType is JsonTokenType.PropertyName;

    /// <summary>Goes on to the value if the field has this name.</summary>
    private static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> name) => reader.ValueTextEquals(name) && reader.Read();

    private static void Pass(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }

    private static string? Text(ref Utf8JsonReader reader) => reader.GetString();

    private static TimeSpan Span(ref Utf8JsonReader reader) =>
        TimeSpan.Parse(reader.GetString() ?? "", System.Globalization.CultureInfo.InvariantCulture);

    private struct Fields
    {
        public DateTimeOffset At;
        public Guid Attempt;
        public long Candidates;
        public int ReportsAllowed;
        public DateTimeOffset? InvitedAt;
        public DateTimeOffset? RangAt;
        public bool Answered;
        public bool Matched;
        public bool Typed;
        public string? Trunk;
    }

    /// <summary>What the factors of an assessment tell beside what they weigh.</summary>
    private struct Factors
    {
        public string? Heaviest;
        public string? AddressCountry;
        public string? BlockListed;
        public bool NotValid;
        public bool Waived;

        public void Read(ref Utf8JsonReader reader)
        {
            while (reader.Read() && reader.TokenType is JsonTokenType.StartObject)
            {
                var (code, shadow, country, of) = ("", false, default(string), default(string));
                while (NextField(ref reader))
                {
                    if (Is(ref reader, "code"u8))
                    {
                        code = Text(ref reader) ?? "";
                    }
                    else if (Is(ref reader, "shadow"u8))
                    {
                        shadow = reader.GetBoolean();
                    }
                    else if (Is(ref reader, "evidence"u8))
                    {
                        while (reader.TokenType is not JsonTokenType.Null && NextField(ref reader))
                        {
                            if (Is(ref reader, "address_country"u8))
                                country = Text(ref reader);
                            else if (Is(ref reader, "of"u8))
                                of = Text(ref reader);
                            else if (Is(ref reader, "waived_by"u8))
                                Waived = true;
                            else
                                Pass(ref reader);
                        }
                    }
                    else
                    {
                        Pass(ref reader);
                    }
                }
                // The heaviest come first.
                Heaviest ??= shadow ? null : code;
                NotValid |= code == "number_not_valid";
                AddressCountry ??= code == "address_country" ? country : null;
                BlockListed ??= code == "block_listed" ? of : null;
            }
        }
    }
}
