using FlashCall.Contracts;

namespace FlashCall.Chaos.Ledger;

/// <summary>Holds what all who took part know against each other. Pure: each rule sees the entries and nothing else.</summary>
internal static class Reconciliation
{
    private static readonly IReadOnlyList<Func<Entries, IEnumerable<Breach>>> Rules =
    [
        Starts, EndOfEach, WhatWasTold, Reports, Phones, Leases, LeftOverLeases, CallsOver, Webhooks, DeadLetters, Verified, Unfinished,
        NumbersShown,
    ];

    /// <summary>Every word that was not kept.</summary>
    public static IReadOnlyList<Breach> Find(Entries entries) => [.. Rules.SelectMany(rule => rule(entries))];

    private static IEnumerable<Breach> Starts(Entries entries)
    {
        var streams = entries.Streams.Select(stream => stream.Id).ToHashSet();
        foreach (var client in entries.Clients.Where(client => client.VerificationId is { } id && !streams.Contains(id)))
        {
            yield return new(BreachKind.SessionLost,
                $"client {client.Reference} was told of session {client.VerificationId}, which has no stream");
        }
        foreach (var same in entries.Streams.GroupBy(stream => stream.Reference, StringComparer.Ordinal).Where(same => same.Count() > 1))
        {
            yield return new(BreachKind.StartedTwice,
                $"the start of client {same.Key} began {same.Count()} sessions: {string.Join(", ", same.Select(stream => stream.Id))}");
        }
    }

    private static IEnumerable<Breach> EndOfEach(Entries entries)
    {
        foreach (var stream in entries.Streams)
        {
            var ends = stream.EndEvents.ToList();
            if (ends.Count == 0)
            {
                yield return new(BreachKind.NotEnded,
                    $"session {stream.Id}, due {stream.ExpiresAt:HH:mm:ss.fff}, has no end; "
                    + $"its last event is {(stream.Events is [.., var last] ? last.Type : "none")}");
                continue;
            }
            if (ends.Count > 1)
            {
                yield return new(BreachKind.EndedTwice,
                    $"session {stream.Id} has {ends.Count} ends: {string.Join(", ", ends.Select(end => end.Type))}");
            }
            var late = ends[0].At - stream.ExpiresAt;
            var excused = Away(entries.Outages, stream.ExpiresAt, ends[0].At);
            if (late > entries.Grace + excused)
            {
                yield return new(BreachKind.EndedLate,
                    $"session {stream.Id} ended ({ends[0].Type}) {late.TotalSeconds:0.0} s after its deadline, "
                    + $"{excused.TotalSeconds:0.0} s of it without a database or service");
            }
        }
    }

    private static IEnumerable<Breach> WhatWasTold(Entries entries)
    {
        var statuses = StatusById(entries);
        foreach (var stream in entries.Streams.Where(stream => stream.RowStatus != stream.Status && stream.Status is not null))
        {
            yield return new(BreachKind.ToldOtherwise,
                $"session {stream.Id} is {stream.Status} by its stream and {stream.RowStatus ?? "missing"} in the list of sessions");
        }
        foreach (var client in entries.Clients)
        {
            if (client is { VerificationId: { } id, LastStatus: { } told }
                && statuses.GetValueOrDefault(id) is { } status && told != status)
            {
                yield return new(BreachKind.ToldOtherwise,
                    $"client {client.Reference} was told that session {id} is {told}; it is {status}");
            }
        }
        foreach (var webhook in entries.Webhooks)
        {
            if (statuses.GetValueOrDefault(webhook.VerificationId) != webhook.Status)
            {
                yield return new(BreachKind.ToldOtherwise,
                    $"the webhook was told that session {webhook.VerificationId} is {webhook.Status}; "
                    + $"it is {statuses.GetValueOrDefault(webhook.VerificationId) ?? "not ended, or not there"}");
            }
        }
    }

    private static IEnumerable<Breach> Reports(Entries entries)
    {
        var streams = entries.Streams.ToDictionary(stream => stream.Id);
        foreach (var client in entries.Clients)
        {
            if (client.VerificationId is not { } id || !streams.TryGetValue(id, out var stream))
                continue;
            var matches = stream.Events.Count(happened => happened is { Type: "report_received", Matched: true });
            var misses = stream.Events.Count(happened => happened is { Type: "report_received", Matched: false });
            if (client.Reports.Any(report => report.Answer == "match") && (matches != 1 || stream.Status != "verified"))
            {
                yield return new(BreachKind.ReportNotHonoured,
                    $"session {id}: a report was acknowledged as right; the stream has {matches} such and is {stream.Status ?? "open"}");
            }
            var toldMisses = client.Reports.Count(report => report.Answer == "no_match");
            if (toldMisses > misses)
            {
                yield return new(BreachKind.ReportNotHonoured,
                    $"session {id}: {toldMisses} reports were acknowledged as wrong; the stream has {misses}");
            }
            foreach (var report in client.Reports.Where(report => report.Right && report.Answer is not ("match" or "verification_ended")))
            {
                yield return new(BreachKind.ReportNotHonoured,
                    $"session {id}: the right number was reported, and the answer was {report.Answer}");
            }
            if (client.Reports.Any(report => !report.Right && report.Answer == "match"))
                yield return new(BreachKind.VerifiedWithoutProof, $"session {id}: a wrong number was acknowledged as right");
            if (client.Cancelled && stream.Status != "cancelled")
            {
                yield return new(BreachKind.ReportNotHonoured,
                    $"session {id}: its cancellation was acknowledged; the stream is {stream.Status ?? "open"}");
            }
        }
        foreach (var stream in entries.Streams.Where(stream => stream.Status == "verified"))
        {
            if (!stream.Events.Any(happened => happened is { Type: "report_received", Matched: true }))
                yield return new(BreachKind.VerifiedWithoutProof, $"session {stream.Id} is verified, and its stream has no right report");
        }
    }

    private static IEnumerable<Breach> Phones(Entries entries)
    {
        var dialled = entries.Attempts.Where(attempt => attempt.Taken).Select(attempt => attempt.AttemptId).ToHashSet();
        // A caller ID that never rang a callee may be leased for it once more: then there are as many attempts as calls.
        var attempts = LeasedEvents(entries).ToLookup(lease => (lease.Callee, lease.CallerId), lease => lease.AttemptId);
        foreach (var calls in entries.Calls.GroupBy(call => (call.Callee, call.CallerId ?? "")))
        {
            var asked = attempts[calls.Key].Distinct().Where(dialled.Contains).ToList();
            var ids = string.Join(", ", calls.Select(call => call.SipCallId));
            if (asked.Count == 0)
            {
                yield return new(BreachKind.RungUnrecorded,
                    $"phone {Masked(calls.Key.Callee)} was called, and no attempt that the dialer recorded has that caller ID; "
                    + $"SIP calls {ids}");
            }
            else if (calls.Count() > asked.Count)
            {
                yield return new(BreachKind.RungTwice,
                    $"phone {Masked(calls.Key.Callee)} was called {calls.Count()} times for attempt {string.Join(", ", asked)}; "
                    + $"SIP calls {ids}");
            }
        }
    }

    private static IEnumerable<Breach> Leases(Entries entries)
    {
        var rung = entries.Calls.Where(call => call.RangAt is not null).Select(call => (call.Callee, call.CallerId ?? "")).ToHashSet();
        foreach (var same in LeasedEvents(entries).GroupBy(lease => (lease.Callee, lease.CallerId)))
        {
            var attempts = same.Select(lease => lease.AttemptId).Distinct().ToList();
            if (attempts.Count > 1 && rung.Contains(same.Key))
            {
                yield return new(BreachKind.LeasedTwice,
                    $"phone {Masked(same.Key.Callee)} was given one caller ID for the attempts {string.Join(", ", attempts)}");
            }
        }
        foreach (var same in entries.Leases.GroupBy(lease => (lease.Callee, lease.CallerId)))
        {
            if (same.Count(lease => lease.Outcome != "NotRung") > 1)
            {
                yield return new(BreachKind.LeasedTwice,
                    $"the pool has one caller ID for phone {Masked(same.Key.Callee)} in the leases "
                    + string.Join(", ", same.Select(lease => lease.LeaseId)));
            }
        }
        var known = LeasedEvents(entries).GroupBy(lease => lease.AttemptId).ToDictionary(same => same.Key, same => same.ToList());
        foreach (var lease in entries.Leases)
        {
            var told = known.GetValueOrDefault(lease.AttemptId);
            if (told is null)
            {
                yield return new(BreachKind.LeaseDiffers,
                    $"the pool leased {lease.LeaseId} for attempt {lease.AttemptId}, and its session does not know of it");
            }
            else if (told is not [var one] || one.LeaseId != lease.LeaseId || one.CallerId != lease.CallerId)
            {
                yield return new(BreachKind.LeaseDiffers,
                    $"attempt {lease.AttemptId} has lease {lease.LeaseId} at the pool and "
                    + $"{string.Join(", ", told.Select(one => one.LeaseId))} in its session");
            }
        }
    }

    private static IEnumerable<Breach> LeftOverLeases(Entries entries) =>
        from lease in entries.Leases
        where lease.Outcome is null
        select new Breach(BreachKind.LeaseLeftOver,
            $"lease {lease.LeaseId} of attempt {lease.AttemptId}, made {lease.AnsweredAt:HH:mm:ss.fff}, was not given back");

    private static IEnumerable<Breach> CallsOver(Entries entries)
    {
        var told = entries.Streams.SelectMany(stream => stream.Events)
            .Where(happened => happened.Type is "call_ended" or "news_overdue")
            .Select(happened => happened.AttemptId).ToHashSet();
        foreach (var attempt in entries.Attempts)
        {
            var id = $"attempt {attempt.AttemptId} of session {attempt.VerificationId}";
            if (attempt.EndedAt is null)
                yield return new(BreachKind.CallLeftOver, $"{id} has no end at the dialer");
            else if (!attempt.Reported)
                yield return new(BreachKind.CallLeftOver, $"{id} ended {attempt.Disposition} and was not reported");
            else if (!told.Contains(attempt.AttemptId))
                yield return new(BreachKind.CallEndLost, $"{id} ended {attempt.Disposition}, and its session does not know");
        }
        foreach (var call in entries.Calls.Where(call => call.EndedAt is null))
        {
            yield return new(BreachKind.CallLeftOver,
                $"phone {Masked(call.Callee)} has been called since {call.InvitedAt:HH:mm:ss.fff} ({call.SipCallId})");
        }
    }

    private static IEnumerable<Breach> Webhooks(Entries entries)
    {
        var told = entries.Webhooks.Select(webhook => webhook.VerificationId).ToHashSet();
        return entries.Streams.Where(stream => stream.Status is not null && !told.Contains(stream.Id))
            .Select(stream => new Breach(BreachKind.WebhookLost, $"the webhook was not told that session {stream.Id} is {stream.Status}"));
    }

    private static IEnumerable<Breach> DeadLetters(Entries entries) =>
        entries.DeadLetters.Select(letter => new Breach(BreachKind.DeadLetter, $"{letter.Queue} has {letter.Message}: {letter.Reason}"));

    private static IEnumerable<Breach> Verified(Entries entries)
    {
        var streams = entries.Streams.ToLookup(stream => stream.Reference, StringComparer.Ordinal);
        var endings = entries.Clients.Where(client => client.IsWilling)
            .Select(client => streams[client.Reference].FirstOrDefault()?.Ending ?? "never begun").ToList();
        var verified = endings.Count(ending => ending == "verified");
        if (verified < endings.Count * entries.LeastShare)
        {
            yield return new(BreachKind.TooFewVerified,
                $"{verified} of {endings.Count} sessions were verified whose client and phone wanted it, and at least "
                + $"{entries.LeastShare:0.##} of them should be; the others: " + string.Join(", ",
                    from ending in endings
                    where ending != "verified"
                    group ending by ending into same
                    orderby same.Count() descending
                    select $"{same.Count()} {same.Key}"));
        }
    }

    private static IEnumerable<Breach> Unfinished(Entries entries) =>
        entries.Unfinished.Select(what => new Breach(BreachKind.Unfinished, what));

    private static IEnumerable<Breach> NumbersShown(Entries entries) =>
        entries.Shown.Select(what => new Breach(BreachKind.NumberShown, what));

    private static Dictionary<Guid, string?> StatusById(Entries entries) =>
        entries.Streams.ToDictionary(stream => stream.Id, stream => stream.Status);

    private static IEnumerable<(Guid AttemptId, Guid? LeaseId, string Callee, string CallerId)> LeasedEvents(Entries entries) =>
        from stream in entries.Streams
        from happened in stream.Events
        where happened.Type == "caller_id_leased"
        select (happened.AttemptId!.Value, happened.LeaseId, stream.Callee, happened.CallerId!);

    /// <summary>How much of a span was an outage; outages that overlap count once.</summary>
    private static TimeSpan Away(IEnumerable<Outage> outages, DateTimeOffset from, DateTimeOffset to)
    {
        var away = TimeSpan.Zero;
        foreach (var outage in outages.OrderBy(outage => outage.From))
        {
            var (begin, end) = (outage.From > from ? outage.From : from, outage.To < to ? outage.To : to);
            if (end <= begin)
                continue;
            away += end - begin;
            from = end;
        }
        return away;
    }

    private static string Masked(string number) => PhoneNumber.TryParse(number, out var phone) ? phone.Masked : "(not a number)";
}
