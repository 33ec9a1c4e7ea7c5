using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlashCall.Handset.Phones;

/// <summary>What a phone, or the network in front of it, does when it is called.</summary>
[JsonConverter(typeof(BehaviourJson))]
internal enum Behaviour
{
    /// <summary>180, then rings until the caller gives up.</summary>
    Ring,

    /// <summary>180, then 200: a person or a voicemail picks up.</summary>
    Answer,

    /// <summary>486.</summary>
    Busy,

    /// <summary>603.</summary>
    Reject,

    /// <summary>No answer at all, not even 100: a trunk that is dead.</summary>
    Silent,

    /// <summary>480: switched off or out of coverage.</summary>
    Unreachable,

    /// <summary>183 and never 180: an announcement is played instead of ringing.</summary>
    Announcement,

    /// <summary>404: nobody has this number.</summary>
    Unassigned,
}

/// <summary>A behaviour with its times. Immutable.</summary>
/// <param name="Behaviour">What happens.</param>
/// <param name="PostDialDelay">From the INVITE until it happens: the first 18x or the refusal. 0 to 2 minutes.</param>
/// <param name="AnswerAfter">From the first ring until it is picked up, with <see cref="Behaviour.Answer"/>. 0 to 2 minutes.</param>
internal sealed record PhoneBehaviour(Behaviour Behaviour, TimeSpan PostDialDelay, TimeSpan AnswerAfter)
{
    /// <summary>The longest of both times.</summary>
    public static readonly TimeSpan LongestTime = TimeSpan.FromMinutes(2);

    /// <summary>All names, as settings and requests write them.</summary>
    public static readonly string Names = string.Join(", ", Enum.GetNames<Behaviour>().Select(name => name.ToLowerInvariant()));

    /// <summary>Reads a behaviour by its name.</summary>
    public static bool TryParse(string? name, out Behaviour behaviour) =>
        Enum.TryParse(name, ignoreCase: true, out behaviour) && Enum.IsDefined(behaviour) && !char.IsAsciiDigit(name![0]);

    /// <summary>Whether a time is one a phone can have.</summary>
    public static bool IsTime(TimeSpan time) => time >= TimeSpan.Zero && time <= LongestTime;

    /// <summary>In words, for people; the post-dial delay only where it is not the usual one.</summary>
    public string Describe(TimeSpan usualDelay)
    {
        var what = Behaviour switch
        {
            Behaviour.Ring => "ring",
            Behaviour.Answer => $"are picked up after {Seconds(AnswerAfter)}",
            Behaviour.Busy => "are busy",
            Behaviour.Reject => "reject",
            Behaviour.Silent => "stay silent",
            Behaviour.Unreachable => "are unreachable",
            Behaviour.Announcement => "go to an announcement",
            Behaviour.Unassigned => "are unassigned",
            _ => throw new UnreachableException(),
        };
        return Behaviour == Behaviour.Silent || PostDialDelay == usualDelay ? what : $"{what} (after {Seconds(PostDialDelay)})";
    }

    /// <summary>A time in seconds, for people.</summary>
    public static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");
}

internal sealed class BehaviourJson() : JsonStringEnumConverter<Behaviour>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);
