using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.Verification.Channels;
using FlashCall.Verification.Channels.FlashCalls;
using FlashCall.Verification.Sessions;
using FluentValidation;

namespace FlashCall.Verification;

/// <summary>The rules of sessions by purpose: defaults of ours, then <c>Verification:Policy</c> for all, then <c>Verification:Policies:{purpose}</c>.</summary>
internal sealed class Policies
{
    private static readonly SessionPolicy Default = new()
    {
        Route = [FlashCallChannel.ChannelName],
        Lifetime = TimeSpan.FromMinutes(2),
        RingTime = TimeSpan.FromSeconds(4),
        PostDialDelayCap = TimeSpan.FromSeconds(12),
        MaxReports = 3,
        GuessBound = 0.001,
    };

    private readonly Dictionary<Purpose, SessionPolicy> _byPurpose;

    private Policies(Dictionary<Purpose, SessionPolicy> byPurpose) => _byPurpose = byPurpose;

    /// <summary>The rules for a purpose.</summary>
    public SessionPolicy For(Purpose purpose) => _byPurpose[purpose];

    /// <summary>Reads and checks all of them.</summary>
    /// <exception cref="SettingsException">A value is out of its range; all mistakes are named at once.</exception>
    public static Policies Read(IConfiguration configuration)
    {
        var section = configuration.GetSection("Verification");
        var all = Overlay(Default, section.GetSection("Policy"));
        var policies = Enum.GetValues<Purpose>().ToDictionary(
            purpose => purpose,
            purpose => Overlay(all, section.GetSection($"Policies:{purpose}")));
        var mistakes = policies
            .SelectMany(policy => new Validator().Validate(policy.Value).Errors.Select(error => $"{policy.Key}: {error.ErrorMessage}"))
            .ToList();
        return mistakes.Count == 0
            ? new Policies(policies)
            : throw new SettingsException("Verification:Policies", $"has mistakes. {string.Join(" ", mistakes)}");
    }

    private static SessionPolicy Overlay(SessionPolicy below, IConfigurationSection above) => new()
    {
        Route = above.GetSection(nameof(SessionPolicy.Route)).Get<string[]>() ?? below.Route,
        Lifetime = above.GetValue(nameof(SessionPolicy.Lifetime), below.Lifetime),
        RingTime = above.GetValue(nameof(SessionPolicy.RingTime), below.RingTime),
        PostDialDelayCap = above.GetValue(nameof(SessionPolicy.PostDialDelayCap), below.PostDialDelayCap),
        MaxReports = above.GetValue(nameof(SessionPolicy.MaxReports), below.MaxReports),
        GuessBound = above.GetValue(nameof(SessionPolicy.GuessBound), below.GuessBound),
    };

    private sealed class Validator : AbstractValidator<SessionPolicy>
    {
        public Validator()
        {
            RuleFor(policy => policy.Route.Count).InclusiveBetween(1, 5).WithMessage("Route names 1 to 5 channels.");
            RuleForEach(policy => policy.Route).Must(Channel.Exists)
                .WithMessage((_, name) => $"Route names the channel '{name}', which does not exist. Known: {string.Join(", ", Channel.Names)}.");
            RuleFor(policy => policy.Lifetime).InclusiveBetween(TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(10))
                .WithMessage("Lifetime is 00:00:30 to 00:10:00.");
            RuleFor(policy => policy.RingTime).InclusiveBetween(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30))
                .WithMessage("RingTime is 00:00:01 to 00:00:30.");
            RuleFor(policy => policy.PostDialDelayCap).InclusiveBetween(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60))
                .WithMessage("PostDialDelayCap is 00:00:01 to 00:01:00.");
            RuleFor(policy => policy.MaxReports).InclusiveBetween(1, 10).WithMessage("MaxReports is 1 to 10.");
            RuleFor(policy => policy.GuessBound).GreaterThan(0).LessThanOrEqualTo(0.1).WithMessage("GuessBound is above 0 and at most 0.1.");
        }
    }
}
