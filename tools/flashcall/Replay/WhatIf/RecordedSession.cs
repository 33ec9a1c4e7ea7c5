using System.Globalization;
using FlashCall.Contracts;
using FlashCall.Fraud.Engine;
using PhoneNumbers;
using PhoneNumber = FlashCall.Contracts.PhoneNumber;

namespace FlashCall.Cli.Replay.WhatIf;

/// <summary>A session as its events have told of it so far.</summary>
/// <param name="asked">Its beginning.</param>
internal sealed class RecordedSession(RecordedEvent.Asked asked)
{
    // Attempts are few; most sessions have one.
    private readonly List<Attempt> _attempts = new(1);

    /// <summary>Its beginning.</summary>
    public RecordedEvent.Asked Asked => asked;

    /// <summary>What the fraud service said; null where no answer was recorded.</summary>
    public RecordedEvent.Assessed? Assessed { get; set; }

    /// <summary>Whether it was handed to the questions.</summary>
    public bool IsPut { get; set; }

    /// <summary>How it ended; null while it goes on.</summary>
    public RecordedEvent.Ended? End { get; set; }

    /// <summary>Reports of wrong caller IDs.</summary>
    public int WrongReports { get; set; }

    /// <summary>The report that was right; null without one.</summary>
    public RecordedEvent.Reported? RightReport { get; set; }

    /// <summary>The lease of its last attempt; null where the pool gave none.</summary>
    public RecordedEvent.Leased? Lease { get; private set; }

    /// <summary>The last call that was over; null where none was placed.</summary>
    public RecordedEvent.CallOver? Call { get; private set; }

    /// <summary>How many calls went out.</summary>
    public int Calls { get; private set; }

    /// <summary>How many of them were answered.</summary>
    public int Answered { get; private set; }

    /// <summary>The number was verified.</summary>
    public bool IsVerified => End?.Outcome is VerificationOutcome.Succeeded;

    /// <summary>It was refused for its risk.</summary>
    public bool WasRefused => Assessed?.Verdict is Verdict.Block;

    /// <summary>Whether any call was tried, as the verification service knew it at the session's end.</summary>
    public bool WasCalled => _attempts.Exists(static attempt => attempt.IsCalled);

    /// <summary>Whether nothing more is to be heard of it.</summary>
    public bool IsDone => End is not null && !_attempts.Exists(static attempt => attempt.IsOpen);

    /// <summary>What each question keeps of it, by the question's place.</summary>
    public object?[] Kept { get; set; } = [];

    /// <summary>The number, fit to be shown.</summary>
    public string MaskedNumber => asked.To.Length switch
    {
        >= 12 => string.Concat(asked.To.AsSpan(0, 5), "•••", asked.To.AsSpan(asked.To.Length - 4)),
        >= 10 => string.Concat(asked.To.AsSpan(0, 5), "•••", asked.To.AsSpan(asked.To.Length - 2)),
        _ => string.Concat(asked.To.AsSpan(0, Math.Min(3, asked.To.Length)), "•••"),
    };

    /// <summary>The country of the number, or its calling code where no one country has it.</summary>
    public string Destination => field ??= DestinationOf(asked.To);

    /// <summary>The request as the engine sees it.</summary>
    /// <exception cref="ArgumentException">The number belongs to no numbering plan, or the address is none.</exception>
    public RiskRequest ToRequest()
    {
        var address = ClientAddress.Parse(asked.Ip);
        var (line, isValid) = Assessed is { } assessed ? (assessed.LineType, assessed.IsValid) : RiskRequest.LineOf(asked.To);
        return new RiskRequest
        {
            RequestedAt = asked.At.AddTicks(-(asked.At.Ticks % TimeSpan.TicksPerMicrosecond)),
            ApplicationId = asked.Application,
            Purpose = asked.Purpose,
            Number = asked.To,
            Destination = Destination,
            LineType = line,
            IsValid = isValid,
            Address = address?.Subscriber.ToString(),
            Network = address?.Network.ToString(),
            AddressCountry = Assessed?.AddressCountry,
            Device = asked.Device is { Length: > 0 } device ? RiskRequest.DeviceKey(asked.Application, device) : null,
        };
    }

    /// <summary>Takes news of an attempt.</summary>
    public void Take(RecordedEvent.Leased leased)
    {
        Lease = leased;
        _attempts.Add(new Attempt(leased.Attempt) { IsOpen = true, IsCalled = true });
    }

    /// <summary>Takes news of an attempt.</summary>
    public void Take(RecordedEvent.NotCalled back)
    {
        if (_attempts.Find(attempt => attempt.Id == back.Attempt) is { } attempt)
            (attempt.IsOpen, attempt.IsCalled) = (false, false);
    }

    /// <summary>Takes news of an attempt.</summary>
    /// <returns>Whether a call went out, and so is over.</returns>
    public bool Take(RecordedEvent.CallOver over)
    {
        if (_attempts.Find(attempt => attempt.Id == over.Attempt) is { } attempt)
            (attempt.IsOpen, attempt.IsCalled) = (false, over.InvitedAt is not null);
        if (over.InvitedAt is null)
            return false;
        Call = over;
        Calls++;
        Answered += over.Answered ? 1 : 0;
        return true;
    }

    private static string DestinationOf(string number)
    {
        var numbering = PhoneNumberUtil.GetInstance();
        // Where one region alone has the calling code, the number's other digits do not matter, and reading them costs the most of all.
        if (PhoneNumber.CallingCodeOf(number) is { } code && Regions.Of(code) is { } region)
            return region;
        try
        {
            var parsed = numbering.Parse(number, defaultRegion: null);
            return numbering.GetRegionCodeForNumber(parsed) is { Length: 2 } found
                ? found
                : string.Create(CultureInfo.InvariantCulture, $"+{parsed.CountryCode}");
        }
        catch (NumberParseException exception)
        {
            throw new ArgumentException("A recorded number begins with no known country code.", nameof(number), exception);
        }
    }

    private static class Regions
    {
        private static readonly System.Collections.Concurrent.ConcurrentDictionary<string, string?> Known = new(StringComparer.Ordinal);

        /// <summary>The one region of a calling code, as the contracts call it; null where there are several.</summary>
        public static string? Of(string code) => Known.GetOrAdd(code, static code =>
            PhoneNumberUtil.GetInstance()
                .GetRegionCodesForCountryCode(int.Parse(code.AsSpan(1), CultureInfo.InvariantCulture)) is { } regions
                && regions.Take(2).ToList() is [var only]
                ? only.Length == 2 ? only : code
                : null);
    }

    private sealed class Attempt(Guid id)
    {
        public Guid Id => id;

        /// <summary>Nobody has said yet what became of its call.</summary>
        public bool IsOpen { get; set; }

        public bool IsCalled { get; set; }
    }
}
