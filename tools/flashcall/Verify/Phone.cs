using System.Globalization;

namespace FlashCall.Cli.Verify;

/// <summary>The phone that is rung, with whoever reads its display.</summary>
internal interface IPhone
{
    /// <summary>Called before the session starts, so that older calls are not taken for the new one.</summary>
    Task PrepareAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Waits a while for the call and says what the display showed; null if there is nothing (more) to tell yet.
    /// </summary>
    /// <exception cref="EndOfStreamException">There never will be: nobody is there to look.</exception>
    Task<CallerIdReport?> ReadDisplayAsync(Session session, CancellationToken cancellationToken);
}

/// <summary>A phone with an app that may read the call log: the handset plays it.</summary>
internal sealed class InterceptingApp(HandsetCallLog log, string number) : IPhone
{
    /// <summary>Between two looks at the session, which may end without a call.</summary>
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private long _seen;

    public async Task PrepareAsync(CancellationToken cancellationToken) =>
        _seen = (await log.ReadAsync(number, after: 0, TimeSpan.Zero, cancellationToken)).Select(call => call.Sequence).DefaultIfEmpty(0).Max();

    public async Task<CallerIdReport?> ReadDisplayAsync(Session session, CancellationToken cancellationToken)
    {
        var calls = await log.ReadAsync(number, _seen, Wait, cancellationToken);
        // A call that did not ring (busy, rejected) shows nothing. It stays unseen, since one that is to ring may be waiting to.
        var rang = calls.Where(call => call.Sequence > _seen && call.RangAt is not null).MaxBy(call => call.Sequence);
        if (rang is null)
        {
            // The log answers at once where it has a newer call, one that did not ring included.
            if (calls.Count > 0)
                await Task.Delay(Pause, cancellationToken);
            return null;
        }
        _seen = rang.Sequence;
        return new CallerIdReport(rang.CallerId, Digits: null, "intercepted");
    }
}

/// <summary>A phone on the desk and a person who types what it shows.</summary>
internal sealed class TypingPerson(Terminal terminal) : IPhone
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private bool _asked;

    public Task PrepareAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task<CallerIdReport?> ReadDisplayAsync(Session session, CancellationToken cancellationToken)
    {
        if (!session.AwaitsReport || session.FlashCall is not { } call)
        {
            await Task.Delay(Pause, cancellationToken);
            return null;
        }
        var (what, ofIt) = call.EnterDigits is { } count
            ? (string.Create(CultureInfo.InvariantCulture, $"the last {count} digits"), " of the number that calls")
            : ("the whole number", " that calls");
        await terminal.Error.WriteAsync(_asked
            ? $"That was another number. Type {what} again ({session.ReportsLeft} left): "
            : $"The phone rings from {call.CallerIdPrefix}… Type {what}{ofIt}: ");
        _asked = true;
        if (await terminal.Input.ReadLineAsync(cancellationToken) is not { } typed)
        {
            // Nobody pressed Enter after the question.
            await terminal.Error.WriteLineAsync();
            throw new EndOfStreamException();
        }
        if (typed.Trim() is not { Length: > 0 } text)
            return null;
        return call.EnterDigits is null ? new CallerIdReport(text, Digits: null, "typed") : new CallerIdReport(CallerId: null, text, "typed");
    }
}
