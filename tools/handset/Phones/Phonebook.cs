using System.Collections.Concurrent;

namespace FlashCall.Handset.Phones;

/// <summary>What each phone does: a behaviour of its own if it was given one at run time, else that of the first pattern that fits, else
/// it rings.</summary>
internal sealed class Phonebook(HandsetSettings settings)
{
    /// <summary>The most phones that can have a behaviour of their own.</summary>
    public const int MostOwn = 100_000;

    private readonly ConcurrentDictionary<string, PhoneBehaviour> _own = new(StringComparer.Ordinal);

    /// <summary>What happens when this number is called.</summary>
    public PhoneBehaviour BehaviourOf(string number) => _own.TryGetValue(number, out var own) ? own : ConfiguredFor(number);

    /// <summary>Gives a phone a behaviour of its own, from the next call on.</summary>
    /// <returns>False if too many phones have one.</returns>
    public bool TrySet(string number, PhoneBehaviour behaviour)
    {
        if (_own.Count >= MostOwn && !_own.ContainsKey(number))
            return false;
        _own[number] = behaviour;
        return true;
    }

    /// <summary>Takes a phone's own behaviour away.</summary>
    public void Reset(string number) => _own.TryRemove(number, out _);

    private PhoneBehaviour ConfiguredFor(string number)
    {
        foreach (var rule in settings.Rules)
        {
            if (rule.Pattern.Matches(number))
                return rule.Behaviour;
        }
        return settings.Otherwise;
    }
}
