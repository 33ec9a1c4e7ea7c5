using System.Security.Claims;
using System.Text;
using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.Verification.Channels;
using FlashCall.Verification.Sessions;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace FlashCall.Verification.Tests;

public sealed class PoliciesTests
{
    private static readonly ClaimsPrincipal Shop = Caller(policies: null);

    [Fact]
    public void Without_settings_every_purpose_has_the_same_policy_but_for_the_floor()
    {
        var policies = Read("{}");
        var login = policies.For(Purpose.Login, Shop);
        Assert.Equal(["flash_call"], login.Route);
        Assert.Equal(
            (TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(12), 3, 0.001),
            (login.Lifetime, login.RingTime, login.PostDialDelayCap, login.MaxReports, login.GuessBound));
        Assert.All(Enum.GetValues<Purpose>(), purpose => Assert.Equal(
            login with { FloorBits = purpose is Purpose.Kyc or Purpose.Transaction ? 12 : 9.9 }, policies.For(purpose, Shop)));
    }

    [Fact]
    public void A_carriers_block_of_ten_thousand_is_enough_for_every_purpose_when_half_of_it_rests() =>
        Assert.All(Enum.GetValues<Purpose>(), purpose => Assert.InRange(Read("{}").For(purpose, Shop).WantedCandidates(), 1, 5_000));

    [Fact]
    public void A_floor_for_all_is_the_floor_of_every_purpose_that_has_none_of_its_own()
    {
        var policies = Read("""{ "Verification": { "Policy": { "FloorBits": 8.5 }, "Policies": { "Kyc": { "FloorBits": 20 } } } }""");

        Assert.Equal((8.5, 8.5, 20), (policies.For(Purpose.Login, Shop).FloorBits, policies.For(Purpose.Transaction, Shop).FloorBits,
            policies.For(Purpose.Kyc, Shop).FloorBits));
    }

    [Fact]
    public void An_application_has_what_it_chose_for_a_purpose_and_the_settings_for_the_rest()
    {
        var policies = Read("""
            { "Verification": { "Policies": { "Kyc": { "MaxReports": 1, "OnRiskUnavailable": "refuse" } } } }
            """);
        var shop = With(new()
        {
            [Purpose.Kyc] = new PurposePolicy { OnRiskUnavailable = "allow", OnSecondSession = "refuse", Lifetime = TimeSpan.FromSeconds(90) },
            [Purpose.LeadValidation] = new PurposePolicy { RingTime = TimeSpan.FromSeconds(2.5), GuessBound = 0.01, FloorBits = 0 },
        });
        var (here, there) = (policies.For(Purpose.Kyc, shop), policies.For(Purpose.Kyc, Shop));

        Assert.Equal(
            there with
            {
                OnRiskUnavailable = RiskFallback.Allow,
                OnSecondSession = SecondSession.Refuse,
                Lifetime = TimeSpan.FromSeconds(90),
            },
            here);
        Assert.Equal((RiskFallback.Refuse, null, 1, 12), (there.OnRiskUnavailable, there.OnSecondSession, there.MaxReports, there.FloorBits));
        var lead = policies.For(Purpose.LeadValidation, shop);
        Assert.Equal((TimeSpan.FromSeconds(2.5), 0.01, 0), (lead.RingTime, lead.GuessBound, lead.FloorBits));
        Assert.Equal(policies.For(Purpose.Login, Shop), policies.For(Purpose.Login, shop));
        Assert.Same(here, policies.For(Purpose.Kyc, shop));
    }

    [Fact]
    public void Every_value_of_an_application_counts()
    {
        var chosen = new PurposePolicy
        {
            Route = ["flash_call", "flash_call"],
            Lifetime = TimeSpan.FromMinutes(3),
            RingTime = TimeSpan.FromSeconds(5),
            PostDialDelayCap = TimeSpan.FromSeconds(20),
            MaxReports = 7,
            GuessBound = 0.05,
            FloorBits = 4,
            ChallengeBits = 1,
            OnRiskUnavailable = "allow",
            OnSecondSession = "refuse",
        };
        Assert.All(typeof(PurposePolicy).GetProperties(), property => Assert.NotNull(property.GetValue(chosen)));

        var policy = Read("{}").For(Purpose.Login, With(new() { [Purpose.Login] = chosen }));

        Assert.Equal(["flash_call", "flash_call"], policy.Route);
        Assert.Equal(
            (TimeSpan.FromMinutes(3), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(20), 7, 0.05, 4, 1, RiskFallback.Allow, SecondSession.Refuse),
            (policy.Lifetime, policy.RingTime, policy.PostDialDelayCap, policy.MaxReports, policy.GuessBound, policy.FloorBits,
                policy.ChallengeBits!.Value, policy.OnRiskUnavailable!.Value, policy.OnSecondSession!.Value));
    }

    [Fact]
    public void What_a_later_release_lets_an_application_choose_is_left_to_the_settings()
    {
        var caller = Caller("""
            { "login": { "route": ["flash_call", "pigeon"], "onSecondSession": "queue", "maxReports": 2, "mood": "good" }, "voting": {} }
            """);
        var policies = Read("{}");

        var policy = policies.For(Purpose.Login, caller);

        Assert.Equal(policies.For(Purpose.Login, Shop) with { MaxReports = 2 }, policy);
    }

    [Fact]
    public void What_is_kept_of_applications_does_not_grow_without_end()
    {
        var policies = Read("{}");
        for (var i = 0; i < 5000; i++)
        {
            var bound = 0.01 + i * 1e-6;
            var policy = policies.For(Purpose.Login, With(new() { [Purpose.Login] = new PurposePolicy { GuessBound = bound } }));
            Assert.Equal(bound, policy.GuessBound);
        }
        Assert.InRange(policies.Kept, 1, 1000);
    }

    [Fact]
    public void The_channels_and_words_that_an_application_may_choose_are_those_there_are()
    {
        Assert.Equal(Channel.Names, PurposePolicy.Channels);
        Assert.Equal(Enum.GetNames<RiskFallback>().Select(name => name.ToLowerInvariant()), PurposePolicy.OnRiskUnavailableWords);
        Assert.Equal(Enum.GetNames<SecondSession>().Select(name => name.ToLowerInvariant()), PurposePolicy.OnSecondSessionWords);
    }

    [Fact]
    public void A_purpose_has_what_is_set_for_it_then_what_is_set_for_all()
    {
        var policies = Read("""
            { "Verification": {
                "Policy": { "Lifetime": "00:05:00", "RingTime": "00:00:02.5", "MaxReports": 5, "GuessBound": 0.01 },
                "Policies": {
                    "LeadValidation": { "Lifetime": "00:00:30", "Route": [ "flash_call", "flash_call" ], "PostDialDelayCap": "00:01:00" },
                    "kyc": { "MaxReports": 1, "GuessBound": 1e-5 } } } }
            """);
        var (login, lead, kyc) = (policies.For(Purpose.Login, Shop), policies.For(Purpose.LeadValidation, Shop), policies.For(Purpose.Kyc, Shop));
        Assert.Equal((TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(2.5), 5, 0.01), (login.Lifetime, login.RingTime, login.MaxReports,
            login.GuessBound));
        Assert.Equal((TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(2.5), TimeSpan.FromMinutes(1), 5),
            (lead.Lifetime, lead.RingTime, lead.PostDialDelayCap, lead.MaxReports));
        Assert.Equal(["flash_call", "flash_call"], lead.Route);
        Assert.Equal((1, 1e-5, TimeSpan.FromMinutes(5)), (kyc.MaxReports, kyc.GuessBound, kyc.Lifetime));
    }

    [Fact]
    public void What_is_done_without_an_assessment_and_in_a_challenge_can_be_set()
    {
        var policies = Read("""
            { "Verification": {
                "Policy": { "OnRiskUnavailable": "allow", "ChallengeBits": 6.6 },
                "Policies": { "Transaction": { "OnRiskUnavailable": "refuse", "ChallengeBits": 0 } } } }
            """);
        var (login, transaction) = (policies.For(Purpose.Login, Shop), policies.For(Purpose.Transaction, Shop));
        Assert.Equal(((RiskFallback?)RiskFallback.Allow, (double?)6.6), (login.OnRiskUnavailable, login.ChallengeBits));
        Assert.Equal(((RiskFallback?)RiskFallback.Refuse, (double?)0), (transaction.OnRiskUnavailable, transaction.ChallengeBits));
    }

    [Theory]
    [InlineData("""{ "OnRiskUnavailable": "open" }""", "ONRISKUNAVAILABLE is 'open'. Give refuse or allow.")]
    [InlineData("""{ "OnSecondSession": "queue" }""", "ONSECONDSESSION is 'queue'. Give supersede or refuse.")]
    [InlineData("""{ "ChallengeBits": 21 }""", "CHALLENGEBITS is '21'. Give a number of bits from 0 to 20")]
    [InlineData("""{ "Lifetime": "00:00:29" }""", "LIFETIME is '00:00:29'. Give 00:00:30 to 00:10:00")]
    [InlineData("""{ "Lifetime": "24:00:00" }""", "LIFETIME is '24:00:00'. Give 00:00:30 to 00:10:00")]
    [InlineData("""{ "Lifetime": 120 }""", "LIFETIME is '120'. Give 00:00:30 to 00:10:00 as hh:mm:ss")]
    [InlineData("""{ "RingTime": "00:00:31" }""", "RINGTIME is '00:00:31'. Give 00:00:01 to 00:00:30")]
    [InlineData("""{ "PostDialDelayCap": "00:01:01" }""", "POSTDIALDELAYCAP is '00:01:01'. Give 00:00:01 to 00:01:00")]
    [InlineData("""{ "MaxReports": 0 }""", "MAXREPORTS is '0'. Give a whole number from 1 to 10.")]
    [InlineData("""{ "MaxReports": 11 }""", "MAXREPORTS is '11'. Give a whole number from 1 to 10.")]
    [InlineData("""{ "GuessBound": 0 }""", "GUESSBOUND is '0'. Give a number from 1E-07 to 0.1, such as 0.001.")]
    [InlineData("""{ "GuessBound": 0.11 }""", "GUESSBOUND is '0.11'. Give a number from 1E-07 to 0.1")]
    [InlineData("""{ "GuessBound": "NaN" }""", "GUESSBOUND is 'NaN'. Give a number from 1E-07 to 0.1")]
    [InlineData("""{ "FloorBits": -1 }""", "FLOORBITS is '-1'. Give a number from 0 to 23, such as 9.9.")]
    [InlineData("""{ "FloorBits": 23.1 }""", "FLOORBITS is '23.1'. Give a number from 0 to 23")]
    [InlineData("""{ "FloorBits": "strong" }""", "FLOORBITS is 'strong'. Give a number from 0 to 23")]
    [InlineData("""{ "Route": [] }""", "ROUTE names 0 channels. Give a list of 1 to 5 of: flash_call.")]
    [InlineData("""{ "Route": "flash_call" }""", "ROUTE names 0 channels. Give a list of 1 to 5 of: flash_call.")]
    [InlineData("""{ "Route": [ "flash_call", "flash_call", "flash_call", "flash_call", "flash_call", "flash_call" ] }""",
        "ROUTE names 6 channels.")]
    [InlineData("""{ "Route": [ "flash_call", "pigeon" ] }""", "ROUTE__1 is 'pigeon', which is no channel. Give one of: flash_call.")]
    [InlineData("""{ "RingTimes": "00:00:04" }""", "RINGTIMES is no setting. Known here: Route, Lifetime, RingTime, PostDialDelayCap,")]
    public void A_wrong_value_is_named_where_it_is_set_and_once(string policy, string said)
    {
        Assert.StartsWith("FLASHCALL_VERIFICATION__POLICY__" + said, Refused($$"""{ "Policy": {{policy}} }"""), StringComparison.Ordinal);
        Assert.StartsWith("FLASHCALL_VERIFICATION__POLICIES__LOGIN__" + said, Refused($$"""{ "Policies": { "Login": {{policy}} } }"""),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "Polices": {} }""", "FLASHCALL_VERIFICATION__POLICES is no setting. Known here: Policy, Policies, SecretsKey.")]
    [InlineData("""{ "Policies": { "Gaming": { "MaxReports": 1 } } }""",
        "FLASHCALL_VERIFICATION__POLICIES__GAMING is no setting. Known here: Onboarding, Login, LeadValidation, Kyc, Transaction.")]
    [InlineData("""{ "Policy": "strict" }""", "FLASHCALL_VERIFICATION__POLICY is 'strict'. Give a section, such as")]
    public void A_name_that_is_none_is_refused(string verification, string said) =>
        Assert.StartsWith(said, Refused(verification), StringComparison.Ordinal);

    [Fact]
    public void All_mistakes_are_listed_at_once()
    {
        var message = Message("""
            { "Lifetime": "00:01:00",
              "Policy": { "Lifetime": "soon", "MaxReports": "many" },
              "Policies": { "Login": { "RingTime": "00:00:00" }, "Signup": {} } }
            """);
        Assert.Equal(
            ["FLASHCALL_VERIFICATION__LIFETIME", "FLASHCALL_VERIFICATION__POLICIES__SIGNUP", "FLASHCALL_VERIFICATION__POLICY__LIFETIME",
                "FLASHCALL_VERIFICATION__POLICY__MAXREPORTS", "FLASHCALL_VERIFICATION__POLICIES__LOGIN__RINGTIME"],
            message.Split('\n').Select(line => line.Split(' ')[1]));
    }

    /// <summary>The one mistake there is, after the word that each begins with.</summary>
    private static string Refused(string verification)
    {
        var message = Message(verification);
        Assert.DoesNotContain('\n', message);
        Assert.StartsWith("Setting ", message, StringComparison.Ordinal);
        return message["Setting ".Length..];
    }

    private static string Message(string verification) =>
        Assert.Throws<SettingsException>(() => Read($$"""{ "Verification": {{verification}} }""")).Message;

    /// <summary>An application that chose these policies, as the gateway tells the service.</summary>
    private static ClaimsPrincipal With(Dictionary<Purpose, PurposePolicy> policies) => Caller(PolicyClaim.Write(policies));

    private static ClaimsPrincipal Caller(string? policies) => new(new ClaimsIdentity(
        [new(InternalIdentity.ApplicationClaim, "shop"), .. policies is null ? [] : (Claim[])[new(InternalIdentity.PoliciesClaim, policies)]]));

    private static Policies Read(string json) =>
        Policies.Read(new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build());
}
