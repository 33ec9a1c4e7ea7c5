using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using FlashCall.Contracts;
using FlashCall.Gateway.Applications;
using FlashCall.Gateway.Applications.Operations;
using FlashCall.Gateway.Webhooks;
using FlashCall.Hosting;

namespace FlashCall.Gateway.Tests.Applications;

/// <summary>What an application may be, and what is said of what it may not.</summary>
public sealed class ApplicationValidatorTests
{
    private static readonly ApplicationValidator Valid = new(new WebhookSettings());
    private static readonly JsonSerializerOptions Json = ApiOptions();

    [Theory]
    [InlineData("id", "\"Shop\"", "is no application's id")]
    [InlineData("id", "\"\"", "is missing")]
    [InlineData("id", "null", "is missing")]
    [InlineData("id", "\"admin\"", "is kept for the key of the settings")]
    [InlineData("name", "\" \"", "is missing or no name")]
    [InlineData("name", "\"two\\nlines\"", "is missing or no name")]
    [InlineData("scopes", "[]", "is missing")]
    [InlineData("scopes", "[\"operations\",\"operations\"]", "names one twice")]
    [InlineData("scopes", "[\"operations\",\"root\"]", "is no scope. Give some of: verifications:write,", "scopes[1]")]
    [InlineData("scopes", "[null]", "is no scope", "scopes[0]")]
    [InlineData("minimumAuthorization", "\"strong\"", "Give one of: public, bearer, signed.")]
    [InlineData("minimumAuthorization", "\"Signed\"", "Give one of: public, bearer, signed.")]
    [InlineData("rateLimits", "{\"requests\":{\"permits\":0}}", "Give 1 to 1000000", "rateLimits.requests.permits")]
    [InlineData("rateLimits", "{\"clientToken\":{\"per\":\"01:00:01\"}}", "Give 00:00:01 to 01:00:00", "rateLimits.clientToken.per")]
    [InlineData("rateLimits", "{\"clientToken\":{\"per\":\"60\"}}", "is no period", "rateLimits.clientToken.per")]
    [InlineData("rateLimits", "{\"perSecond\":1}", "is no field", "rateLimits.perSecond")]
    [InlineData("rateLimits", "{\"requests\":{\"permit\":1}}", "is no field", "rateLimits.requests.permit")]
    [InlineData("allowedOrigins", "[\"https://shop.example/\"]", "is no origin", "allowedOrigins[0]")]
    [InlineData("allowedOrigins", "[\"https://shop.example:443\"]", "is no origin", "allowedOrigins[0]")]
    [InlineData("allowedOrigins", "[\"https://Shop.example\"]", "is no origin", "allowedOrigins[0]")]
    [InlineData("allowedOrigins", "[\"shop.example\"]", "is no origin", "allowedOrigins[0]")]
    [InlineData("allowedOrigins", "[\"null\"]", "is no origin", "allowedOrigins[0]")]
    [InlineData("allowedOrigins", "[\"*\"]", "is no origin", "allowedOrigins[0]")]
    [InlineData("allowedOrigins", "[\"https://*.example\"]", "is no origin", "allowedOrigins[0]")]
    [InlineData("allowedOrigins", "[\"https://u:p@shop.example\"]", "is no origin", "allowedOrigins[0]")]
    [InlineData("allowedOrigins", "[\"ftp://shop.example\"]", "is no origin", "allowedOrigins[0]")]
    [InlineData("allowedOrigins", "[\"https://sh\u00f6p.example\"]", "is no origin", "allowedOrigins[0]")]
    [InlineData("sinch", "{\"callbackUrl\":\"http://shop.example/\"}", "with https", "sinch.callbackUrl")]
    [InlineData("sinch", "{\"callbackUrl\":\"https://u:p@shop.example/\"}", "Leave out the user name", "sinch.callbackUrl")]
    [InlineData("sinch", "{\"callbackUrl\":\"https://192.168.0.1/\"}", "Give a public address", "sinch.callbackUrl")]
    [InlineData("sinch", "{\"purpose\":\"Login\"}", "The purposes are: onboarding,", "sinch.purpose")]
    [InlineData("sinch", "{\"callbackUrl\":\"/calls\"}", "with https", "sinch.callbackUrl")]
    [InlineData("sinch", "{\"url\":\"https://shop.example/\"}", "is no field", "sinch.url")]
    [InlineData("policies", "{\"Login\":{}}", "The purposes are: onboarding, login, lead_validation, kyc, transaction.", "policies.Login")]
    [InlineData("policies", "{\"login\":null}", "is null", "policies.login")]
    [InlineData("policies", "{\"login\":{\"ring\":1}}", "is no field", "policies.login.ring")]
    [InlineData("policies", "{\"login\":{\"ringTime\":\"00:00:31\"}}", "Give 00:00:01 to 00:00:30", "policies.login.ringTime")]
    [InlineData("policies", "{\"kyc\":{\"lifetime\":\"24:00:00\"}}", "Give 00:00:30 to 00:10:00", "policies.kyc.lifetime")]
    [InlineData("policies", "{\"kyc\":{\"postDialDelayCap\":\"1\"}}", "Give 00:00:01 to 00:01:00", "policies.kyc.postDialDelayCap")]
    [InlineData("policies", "{\"kyc\":{\"maxReports\":11}}", "Give 1 to 10.", "policies.kyc.maxReports")]
    [InlineData("policies", "{\"kyc\":{\"guessBound\":0}}", "Give 1E-07 to 0.1.", "policies.kyc.guessBound")]
    [InlineData("policies", "{\"kyc\":{\"floorBits\":23.1}}", "Give 0 to 23.", "policies.kyc.floorBits")]
    [InlineData("policies", "{\"kyc\":{\"challengeBits\":-1}}", "Give 0 to 20.", "policies.kyc.challengeBits")]
    [InlineData("policies", "{\"kyc\":{\"route\":[\"pigeon\"]}}", "Give 1 to 5 of: flash_call.", "policies.kyc.route")]
    [InlineData("policies", "{\"kyc\":{\"route\":[]}}", "Give 1 to 5 of: flash_call.", "policies.kyc.route")]
    [InlineData("policies", "{\"kyc\":{\"onRiskUnavailable\":\"open\"}}", "Give refuse or allow.", "policies.kyc.onRiskUnavailable")]
    [InlineData("policies", "{\"kyc\":{\"onSecondSession\":\"both\"}}", "Give supersede or refuse.", "policies.kyc.onSecondSession")]
    [InlineData("colour", "\"blue\"", "is no field here")]
    public void What_is_wrong_is_named_with_what_would_be_right(string field, string value, string said, string? at = null)
    {
        var document = Usual();
        document[field] = JsonNode.Parse(value);

        var errors = ErrorsOf(document);

        var error = Assert.Single(errors);
        Assert.Equal(at ?? field, error.Key);
        Assert.Contains(said, Assert.Single(error.Value), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_that_is_wrong_is_said_at_once_and_nothing_is_done()
    {
        await using var gateway = await RunningGateway.StartAsync(new Uri("http://127.0.0.1:1"));
        var (admin, id) = (new Admin(gateway), Admin.NewId());
        var before = await admin.AddAsync(id);

        using var response = await admin.PutAsync($"/v1/applications/{id}", """
            { "id": "ID", "name": "", "scopes": ["root"], "limits": {}, "policies": { "login": { "maxReports": 0, "ringTime": "x" } } }
            """.Replace("ID", id, StringComparison.Ordinal));

        var problem = await Admin.ReadAsync(response, HttpStatusCode.UnprocessableEntity);
        Assert.Equal(
            ["limits", "name", "policies.login.maxReports", "policies.login.ringTime", "scopes[0]"],
            problem.GetProperty("errors").EnumerateObject().Select(error => error.Name).Order(StringComparer.Ordinal));
        var after = await Admin.ReadAsync(await admin.GetAsync($"/v1/applications/{id}"));
        Assert.Equal(before.GetProperty("version").GetInt64(), after.GetProperty("version").GetInt64());
    }

    [Theory]
    [InlineData("""{ "name": 5 }""", "malformed_json")]
    [InlineData("""{ "id": "a", "id": "b" }""", "malformed_json")]
    [InlineData("""[]""", "malformed_json")]
    [InlineData("""{""", "malformed_json")]
    [InlineData("", "bad_request")]
    [InlineData("null", "bad_request")]
    public async Task What_is_no_document_is_refused(string body, string code)
    {
        await using var gateway = await RunningGateway.StartAsync(new Uri("http://127.0.0.1:1"));
        using var response = await new Admin(gateway).PostAsync("/v1/applications", body);
        Assert.Equal((HttpStatusCode.BadRequest, code), (response.StatusCode, (await Problem.OfAsync(response)).Code));
    }

    [Theory]
    [InlineData("""{ "expiresAt": "2020-01-01T00:00:00Z" }""", "expiresAt")]
    [InlineData("""{ "name": "" }""", "name")]
    [InlineData("""{ "apiKey": "fck_mine" }""", "apiKey")]
    public async Task A_key_that_cannot_be_is_refused(string body, string field)
    {
        await using var gateway = await RunningGateway.StartAsync(new Uri("http://127.0.0.1:1"));
        using var response = await new Admin(gateway).PostAsync("/v1/applications/reader/keys", body);
        var problem = await Admin.ReadAsync(response, HttpStatusCode.UnprocessableEntity);
        Assert.Equal(field, Assert.Single(problem.GetProperty("errors").EnumerateObject()).Name);
    }

    /// <summary>What passes here is what the services take: as far as the gateway can say, and through the token.</summary>
    [Fact]
    public void What_is_found_right_is_an_application_and_its_policies_come_through_the_token_as_they_are() =>
        Policies().Sample(policies =>
        {
            var document = Usual();
            document["policies"] = JsonSerializer.SerializeToNode(policies, Json);

            Assert.Empty(ErrorsOf(document));
            var application = document.Deserialize<ApplicationDocument>(Json)!.ToApplication("shop", []);
            var claim = PolicyClaim.Write(application.Policies);
            var told = claim is null ? new Dictionary<Purpose, PurposePolicy>() : PolicyClaim.Read(claim);

            Assert.Equal(policies.Count, told.Count);
            foreach (var (name, policy) in policies)
            {
                var there = told[PurposeName.Read(name)!.Value];
                Assert.Equal(policy.ToPolicy() with { Route = null }, there with { Route = null });
                Assert.Equal(policy.Route, there.Route);
            }
        }, iter: 500);

    private static Gen<Dictionary<string, PolicyDocument>> Policies()
    {
        static Gen<T?> Maybe<T>(Gen<T> gen) where T : class => Gen.Frequency((1, Gen.Const((T?)null)), (2, gen.Select(T? (value) => value)));
        static Gen<T?> MaybeValue<T>(Gen<T> gen) where T : struct => Gen.Frequency((1, Gen.Const((T?)null)), (2, gen.Select(T? (value) => value)));
        static Gen<string> OneOf(IReadOnlyList<string> words) => Gen.Int[0, words.Count - 1].Select(i => words[i]);
        static Gen<string> Span(TimeSpan shortest, TimeSpan longest) =>
            Gen.Long[shortest.Ticks, longest.Ticks].Select(ticks => Duration.Write(TimeSpan.FromTicks(ticks)));
        var policy =
            from route in Maybe(Gen.Const("flash_call").Array[1, PurposePolicy.LongestRoute])
            from lifetime in Maybe(Span(PurposePolicy.ShortestLifetime, PurposePolicy.LongestLifetime))
            from ring in Maybe(Span(PurposePolicy.ShortestRing, PurposePolicy.LongestRing))
            from cap in Maybe(Span(PurposePolicy.ShortestPostDialDelayCap, PurposePolicy.LongestPostDialDelayCap))
            from reports in MaybeValue(Gen.Int[1, PurposePolicy.MostReports])
            from bound in MaybeValue(Gen.Double[PurposePolicy.LowestGuessBound, PurposePolicy.HighestGuessBound])
            from floor in MaybeValue(Gen.Double[0, PurposePolicy.HighestFloorBits])
            from challenge in MaybeValue(Gen.Double[0, PurposePolicy.HighestChallengeBits])
            from risk in Maybe(OneOf(PurposePolicy.OnRiskUnavailableWords))
            from second in Maybe(OneOf(PurposePolicy.OnSecondSessionWords))
            select new PolicyDocument
            {
                Route = route,
                Lifetime = lifetime,
                RingTime = ring,
                PostDialDelayCap = cap,
                MaxReports = reports,
                GuessBound = bound,
                FloorBits = floor,
                ChallengeBits = challenge,
                OnRiskUnavailable = risk,
                OnSecondSession = second,
            };
        return Gen.Dictionary(Gen.Enum<Purpose>().Select(PurposeName.Write), policy)[0, 5];
    }

    private static Dictionary<string, string[]> ErrorsOf(JsonObject document)
    {
        var result = Valid.Validate(document.Deserialize<ApplicationDocument>(Json)!);
        return result.IsValid
            ? []
            : (Dictionary<string, string[]>)ApplicationRefusals.Invalid(result).ProblemDetails.Extensions["errors"]!;
    }

    private static JsonObject Usual() => new()
    {
        ["id"] = "shop",
        ["name"] = "Web shop",
        ["scopes"] = new JsonArray("verifications:write", "verifications:read"),
    };

    private static JsonSerializerOptions ApiOptions()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        ApiJson.Configure(options);
        return options;
    }
}
