using System.Text;
using FlashCall.Fraud.Policies;
using NJsonSchema;
using Xunit;

namespace FlashCall.Fraud.Tests.Policies;

public sealed class PolicyReaderTests
{
    private static readonly string Docs = Path.Combine(AppContext.BaseDirectory, "docs");

    /// <summary>Documents with one mistake each: where it is, and what is said of it. The last says whether the schema sees it too, which
    /// cannot compare two fields, nor know all countries.</summary>
    public static TheoryData<string, string, string, bool> Mistakes => new()
    {
        { """[]""", "$", "is a list. Give an object", true },
        { """{ "velocty": [] }""", "$.velocty", "is no field here. Known here: shadow", true },
        { """{ "shadow": 1 }""", "$.shadow", "is 1. Give true or false", true },
        { """{ "shadowRules": [ "conversions" ] }""", "$.shadowRules[0]", "is \"conversions\". Give a rule's name: destination", true },
        { """{ "thresholds": { "challenge": 0 } }""", "$.thresholds.challenge", "is 0. Give a whole number from 1 to 100", true },
        { """{ "thresholds": { "challenge": 90 } }""", "$.thresholds.challenge", "is 90 and block 80", false },
        { """{ "thresholds": { "block": 60.5 } }""", "$.thresholds.block", "is 60.5. Give a whole number", true },
        { """{ "thresholds": { "block": "high" } }""", "$.thresholds.block", "is \"high\"", true },
        { """{ "purposes": { "sign_in": {} } }""", "$.purposes['sign_in']", "is no purpose. Known: onboarding, login", true },
        { """{ "purposes": { "login": { "weights": { "conversion": 301 } } } }""", "$.purposes['login'].weights['conversion']",
            "from 0 to 300", true },
        { """{ "purposes": { "login": { "weights": { "luck": 1 } } } }""", "$.purposes['login'].weights['luck']", "is no rule", true },
        { """{ "destinations": { "allowed": [ "SE", "se" ] } }""", "$.destinations.allowed[1]", "is \"se\". Give an ISO 3166-1", true },
        { """{ "destinations": { "allowed": [ "XX" ] } }""", "$.destinations.allowed[0]", "is \"XX\"", false },
        { """{ "destinations": { "allowed": "SE" } }""", "$.destinations.allowed", "is \"SE\". Give a list of ISO 3166-1", true },
        { """{ "destinations": { "applications": { "shop": { "purposes": { "kyc": [ "Sweden" ] } } } } }""",
            "$.destinations.applications['shop'].purposes['kyc'][0]", "two capital letters", true },
        { """{ "destinations": { "applications": { "shop": {}, "Shop": {} } } }""", "$.destinations.applications['Shop']",
            "names an application twice", false },
        { """{ "ranges": [ { "prefix": "881", "kind": "a satellite phone" } ] }""", "$.ranges[0].prefix", "Give + and 1 to", true },
        { """{ "ranges": [ { "prefix": "+881" } ] }""", "$.ranges[0].kind", "is missing. Give what it is", true },
        { """{ "lineTypes": { "satellite": 100 } }""", "$.lineTypes['satellite']", "is no line type. Known: unknown, mobile", true },
        { """{ "lineTypes": { "voip": -1 } }""", "$.lineTypes['voip']", "is -1. Give a whole number from 0 to 100", true },
        { """{ "velocity": [ { "limit": 5, "windowSeconds": 600 } ] }""", "$.velocity[0].subject", "is missing. Give one of", true },
        { """{ "velocity": [ { "subject": "country", "limit": 5, "windowSeconds": 600 } ] }""", "$.velocity[0].subject",
            "is \"country\"", true },
        { """{ "velocity": [ { "subject": "number", "windowSeconds": 600 } ] }""", "$.velocity[0].limit", "is missing", true },
        { """{ "velocity": [ { "subject": "number", "limit": 5, "windowSeconds": 2592001 } ] }""", "$.velocity[0].windowSeconds",
            "from 1 to 2592000", true },
        { """{ "velocity": [ { "subject": "prefix", "limit": 5, "windowSeconds": 600 } ] }""", "$.velocity[0].prefixDigits",
            "is missing. Give a whole number from 4 to 7", true },
        { """{ "velocity": [ { "subject": "number", "limit": 5, "windowSeconds": 600, "prefixDigits": 5 } ] }""",
            "$.velocity[0].prefixDigits", "from 0 to 0", true },
        { """
          { "velocity": [ { "subject": "number", "limit": 5, "windowSeconds": 60 },
                          { "subject": "number", "limit": 6, "windowSeconds": 60 } ] }
          """, "$.velocity[1].windowSeconds", "Give each window once", false },
        { """{ "liveSession": [] }""", "$.liveSession", "is a list. Give an object with the fields windowSeconds, weight", true },
        { """{ "numberBlock": [ { "digits": 4, "limit": 5, "windowSeconds": 600 } ] }""", "$.numberBlock[0].digits", "from 2 to 3", true },
        { """{ "conversion": { "deviations": 0.5 } }""", "$.conversion.deviations", "is 0.5. Give a number from 1 to 6", true },
        { """{ "conversion": { "windowsSeconds": [ 3600, 600 ] } }""", "$.conversion.windowsSeconds", "the shortest first", false },
        { """{ "conversion": { "windowsSeconds": [] } }""", "$.conversion.windowsSeconds", "1 to 4 windows", true },
        { """{ "answeredRate": { "prefixDigits": [ 8 ] } }""", "$.answeredRate.prefixDigits[0]", "from 4 to 7", true },
        { """{ "wrongReports": { "perDevice": 0 } }""", "$.wrongReports.perDevice", "from 1 to 1000", true },
        { """{ "spend": { "currency": "euro" } }""", "$.spend.currency", "three capital letters", true },
        { """{ "spend": { "prices": [ { "prefix": "+46", "attemptMicros": 0.5 } ] } }""", "$.spend.prices[0].attemptMicros",
            "is 0.5. Give a whole number", true },
        { """{ "spend": { "prices": [ { "prefix": "+46" }, { "prefix": "+46" } ] } }""", "$.spend.prices[1].prefix",
            "Give +46 once", false },
        { """{ "spend": { "applications": { "shop": -1 } } }""", "$.spend.applications['shop']", "is -1", true },
        { """{ "blocks": { "firstSeconds": 60 } }""", "$.blocks.firstSeconds", "from 300 to 43200", true },
        { """{ "blocks": { "firstSeconds": 600, "longestSeconds": 300 } }""", "$.blocks.firstSeconds", "may not be above", false },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_mistake_is_named_by_its_path_and_the_schema_sees_it(string json, string path, string said, bool inSchema)
    {
        Assert.Null(PolicyReader.Read(Encoding.UTF8.GetBytes(json), out var mistakes));
        var mistake = Assert.Single(mistakes);
        Assert.Equal(path, mistake.Path);
        Assert.Contains(said, mistake.Problem, StringComparison.Ordinal);
        Assert.Equal(inSchema, (await SchemaAsync()).Validate(json).Count > 0);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("""{ "shadow": true, "shadow": false }""")]
    [InlineData("""{ "purposes": {"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{}}}}}}}}} }""")]
    public void What_is_no_sound_JSON_is_refused(string json)
    {
        Assert.Null(PolicyReader.Read(Encoding.UTF8.GetBytes(json), out var mistakes));
        Assert.StartsWith("is no JSON", Assert.Single(mistakes).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void All_mistakes_are_named_at_once()
    {
        Assert.Null(PolicyReader.Read(
            """{ "shadow": 0, "thresholds": { "block": 0, "bloc": 1 }, "velocity": [ {} ], "spend": 7 }"""u8.ToArray(), out var mistakes));
        Assert.Equal(
            ["$.shadow", "$.thresholds.bloc", "$.thresholds.block", "$.velocity[0].subject", "$.velocity[0].limit",
                "$.velocity[0].windowSeconds", "$.spend"],
            mistakes.Select(mistake => mistake.Path));
    }

    [Fact]
    public async Task The_default_policy_is_shown_in_full_and_is_what_an_empty_document_means()
    {
        var shown = await File.ReadAllTextAsync(
            Path.Combine(Docs, "fraud-policy.default.json"), TestContext.Current.CancellationToken);
        Assert.Equal(PolicyText.WriteIndented(new PolicyDocument()) + "\n", shown);
        Assert.Empty((await SchemaAsync()).Validate(shown));
        Assert.Equal(VersionOf("{}"), VersionOf(shown));
        Assert.Equal(new Policy(new PolicyDocument(), number: 1).Version, VersionOf("{}"));
    }

    [Fact]
    public async Task A_document_that_says_everything_is_read_as_it_is_written()
    {
        const string Json = """
            {
              "shadow": true, "shadowRules": [ "conversion", "blocks" ], "thresholds": { "challenge": 10, "block": 20 },
              "purposes": { "lead_validation": { "thresholds": { "block": 90 }, "weights": { "line_type": 0 } } },
              "destinations": {
                "allowed": [ "SE" ], "purposes": { "kyc": [] },
                "applications": { "shop": { "allowed": [ "NO" ], "purposes": { "login": [ "DK" ] } }, "bank": { "allowed": null } }
              },
              "ranges": [ { "prefix": "+4", "kind": "a four" } ], "lineTypes": { "fixed_line_or_mobile": 5 },
              "velocity": [ { "subject": "prefix", "limit": 1, "windowSeconds": 1, "prefixDigits": 4, "timesUsual": 2 } ],
              "liveSession": { "windowSeconds": 60, "weight": 1 }, "numberSequence": null,
              "numberBlock": [], "deviceNumbers": [ { "limit": 1, "windowSeconds": 60 } ],
              "conversion": { "windowsSeconds": [ 60 ], "prefixDigits": [ 4 ], "deviations": 1.5 }, "answeredRate": null,
              "addressCountry": null, "wrongReports": null, "refusedClients": null,
              "spend": { "prices": [ { "prefix": "+", "attemptMicros": 1 } ], "capMicros": 5, "applications": { "shop": 6 } },
              "blocks": { "firstSeconds": 301, "longestSeconds": 302, "memorySeconds": 303, "probationRequests": 4 }
            }
            """;
        Assert.Empty((await SchemaAsync()).Validate(Json));
        var read = Read(Json);
        var written = PolicyText.Write(read);
        Assert.Empty((await SchemaAsync()).Validate(Encoding.UTF8.GetString(written)));
        Assert.Equal(Encoding.UTF8.GetString(written), Encoding.UTF8.GetString(PolicyText.Write(Read(Encoding.UTF8.GetString(written)))));
        Assert.Null(read.NumberSequence);
        Assert.DoesNotContain(
            new Policy(read, number: 1).Rules, rule => rule.Name is "number_sequence" or "wrong_reports" or "number_block");
    }

    [Fact]
    public void The_version_is_that_of_the_meaning_and_has_the_policy_s_number()
    {
        Assert.Equal(
            VersionOf("""{ "destinations": { "allowed": [ "SE", "GB" ] } }"""),
            VersionOf("""{"thresholds":{"block":80},"destinations":{"allowed":["GB","SE"]}}"""));
        Assert.NotEqual(VersionOf("{}"), VersionOf("""{ "conversion": { "lowPercent": 51 } }"""));
        Assert.Matches("^7-2-[0-9a-f]{12}$", new Policy(Read("{}"), number: 7).Version);
    }

    [Fact]
    public async Task The_schema_names_every_rule()
    {
        var schema = await File.ReadAllTextAsync(Path.Combine(Docs, "fraud-policy.schema.json"), TestContext.Current.CancellationToken);
        var guide = await File.ReadAllTextAsync(Path.Combine(Docs, "fraud.md"), TestContext.Current.CancellationToken);
        Assert.All(RuleBook.Names, name => Assert.Contains($"\"{name}\"", schema, StringComparison.Ordinal));
        Assert.All(RuleBook.Names, name => Assert.Contains($"`{name}`", guide, StringComparison.Ordinal));
    }

    private static PolicyDocument Read(string json)
    {
        var document = PolicyReader.Read(Encoding.UTF8.GetBytes(json), out var mistakes);
        Assert.Empty(mistakes);
        return document!;
    }

    private static string VersionOf(string json) => new Policy(Read(json), number: 1).Version;

    private static Task<JsonSchema> SchemaAsync() => JsonSchema.FromFileAsync(
        Path.Combine(Docs, "fraud-policy.schema.json"), TestContext.Current.CancellationToken);
}
