using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace FlashCall.Contracts.Tests;

/// <summary>
/// What is on the wire stays on the wire: services of different versions talk to each other while an update rolls out, and queues hold
/// messages of yesterday. The files in <c>golden/</c> are messages as they were once sent. A message may gain fields; it may not lose,
/// rename or retype one, and it must read what lacks the new ones.
/// </summary>
public sealed class WireContractTests
{
    /// <summary>As the bus writes.</summary>
    private static readonly JsonSerializerOptions Wire = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        PropertyNameCaseInsensitive = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "golden");

    public static TheoryData<string> Messages => [.. SampleMessages.All.Keys];

    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(Folder, "*.json").Select(file => Path.GetFileName(file))];

    [Fact]
    public void Every_message_has_a_sample()
    {
        var parts = typeof(PhoneNumber).Assembly.GetExportedTypes().SelectMany(type => type.GetProperties()).SelectMany(
            property => PartsOf(property.PropertyType)).ToHashSet();
        var messages = typeof(PhoneNumber).Assembly.GetExportedTypes()
            .Where(type => type.GetMethod("<Clone>$") is not null && !parts.Contains(type) && type != typeof(PhoneNumber)
                && type != typeof(CallerId));
        Assert.Equal(messages.Select(type => type.Name).Order(StringComparer.Ordinal),
            SampleMessages.All.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_is_written_as_it_always_was(string name)
    {
        var written = JsonSerializer.Serialize(SampleMessages.All[name], Wire);
        var file = Path.Combine(Folder, name + ".json");
        Assert.True(File.Exists(file),
            $"{name} is new on the wire and has no golden file. Create tests/contracts/golden/{name}.json with:\n{written}");
        AssertKept(name, JsonNode.Parse(File.ReadAllText(file))!, JsonNode.Parse(written)!, "$");
    }

    /// <summary>Each message may have several files, such as <c>AssessRisk.2.json</c> for one that has gained fields.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public void A_message_of_yesterday_is_read_without_loss(string file)
    {
        var name = file.Split('.')[0];
        Assert.True(SampleMessages.All.ContainsKey(name),
            $"golden/{file}: no message is called {name} any longer. Its name is part of the wire contract; bring it back.");
        var golden = File.ReadAllText(Path.Combine(Folder, file));
        object? read;
        try
        {
            read = JsonSerializer.Deserialize(golden, SampleMessages.All[name].GetType(), Wire);
        }
        catch (JsonException exception)
        {
            throw new InvalidOperationException(
                $"golden/{file} cannot be read any longer: {exception.Message} "
                + $"A field added to {name} must be optional, and the type of a field stays.", exception);
        }
        AssertKept(name, JsonNode.Parse(golden)!, JsonSerializer.SerializeToNode(read, SampleMessages.All[name].GetType(), Wire)!, "$");
    }

    [Fact]
    public void A_lease_of_yesterday_has_no_floor_and_a_release_of_yesterday_tells_nothing()
    {
        var lease = Read<LeaseCallerId>("LeaseCallerId.json");
        Assert.Equal((1, 10_000, null), (lease.MinCandidates, lease.WantedCandidates, lease.Client));
        Assert.Null(Read<CallerIdLeased>("CallerIdLeased.json").EnterDigits);
        var release = Read<ReleaseCallerId>("ReleaseCallerId.json");
        Assert.Equal((null, false, false, false, 0),
            (release.Trunk, release.Answered, release.Blocked, release.Reported, release.WrongReports));

        static T Read<T>(string file) => JsonSerializer.Deserialize<T>(File.ReadAllText(Path.Combine(Folder, file)), Wire)!;
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void Unknown_fields_of_a_newer_version_are_passed_over(string name)
    {
        var type = SampleMessages.All[name].GetType();
        var newer = JsonSerializer.SerializeToNode(SampleMessages.All[name], type, Wire)!.AsObject();
        newer["fieldOfANewerVersion"] = new JsonObject { ["a"] = 1 };
        Assert.Equal(JsonSerializer.Serialize(SampleMessages.All[name], type, Wire),
            JsonSerializer.Serialize(JsonSerializer.Deserialize(newer, type, Wire), type, Wire));
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_with_a_field_missing_is_refused(string name)
    {
        var type = SampleMessages.All[name].GetType();
        foreach (var property in type.GetProperties().Where(
            property => property.IsDefined(typeof(System.Runtime.CompilerServices.RequiredMemberAttribute))))
        {
            var message = JsonSerializer.SerializeToNode(SampleMessages.All[name], type, Wire)!.AsObject();
            Assert.True(message.Remove(JsonNamingPolicy.CamelCase.ConvertName(property.Name)));
            Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(message, type, Wire));
        }
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void Printing_a_message_tells_no_number(string name)
    {
        var printed = SampleMessages.All[name].ToString()!;
        Assert.Contains(name, printed, StringComparison.Ordinal);
        foreach (var secret in (string[])[SampleMessages.Callee, SampleMessages.Caller])
        {
            Assert.DoesNotContain(secret, printed, StringComparison.Ordinal);
            Assert.DoesNotContain(secret[1..], printed, StringComparison.Ordinal);
        }
        // The last digits of the caller ID are the code itself.
        Assert.DoesNotContain(SampleMessages.Caller[^4..], printed, StringComparison.Ordinal);
    }

    private static IEnumerable<Type> PartsOf(Type type) => type.IsGenericType ? type.GetGenericArguments() : [type];

    private static void AssertKept(string name, JsonNode golden, JsonNode actual, string path)
    {
        switch (golden)
        {
            case JsonObject fields:
                foreach (var (field, value) in fields)
                {
                    var there = actual is JsonObject now && now.ContainsKey(field);
                    Assert.True(there,
                        $"{name} has lost the field {path}.{field}. Other versions of the services still send and expect it: "
                        + "bring it back, and add a field beside it instead.");
                    var kept = actual[field];
                    Assert.True(value is null == kept is null,
                        $"{name}: {path}.{field} was {value?.ToJsonString() ?? "null"} and is {kept?.ToJsonString() ?? "null"}.");
                    if (value is not null)
                        AssertKept(name, value, kept!, $"{path}.{field}");
                }
                break;
            case JsonArray items:
                Assert.True(actual is JsonArray array && array.Count == items.Count, $"{name}: {path} was a list of {items.Count}.");
                for (var i = 0; i < items.Count; i++)
                    AssertKept(name, items[i]!, actual[i]!, $"{path}[{i}]");
                break;
            default:
                Assert.True(JsonNode.DeepEquals(golden, actual),
                    $"{name}: {path} was {golden.ToJsonString()} and is {actual.ToJsonString()}. "
                    + "Other versions of the services still use the old form: keep it, and add a field beside it instead.");
                break;
        }
    }
}
