using System.Net;
using System.Text.Json;
using CsCheck;

namespace FlashCall.Gateway.Tests.Applications;

/// <summary>Whatever admins do in whatever order, over two replicas, comes out as a plain list of applications would have it.</summary>
public sealed class ApplicationModelTests
{
    private static readonly string[] Ids = ["bank", "dating", "shop"];
    private static readonly string[] Choices = ["verifications:write", "verifications:read", "analytics:read", "operations"];

    /// <summary>What an admin does.</summary>
    private abstract record Step(string Id, int Replica)
    {
        public sealed record Add(string Id, int Replica, string Scope) : Step(Id, Replica);

        public sealed record Put(string Id, int Replica, string Scope, bool IsStale) : Step(Id, Replica);

        public sealed record Remove(string Id, int Replica) : Step(Id, Replica);

        public sealed record AddKey(string Id, int Replica) : Step(Id, Replica);

        public sealed record Revoke(string Id, int Replica, int Which) : Step(Id, Replica);
    }

    /// <summary>An application as it should be.</summary>
    private sealed record Expected(string Scope, long Version, List<(Guid Id, string ApiKey)> Keys);

    private static readonly Gen<string> Id = Gen.Int[0, Ids.Length - 1].Select(i => Ids[i]);
    private static readonly Gen<string> Scope = Gen.Int[0, Choices.Length - 1].Select(i => Choices[i]);

    private static readonly Gen<Step[]> Steps = Gen.Frequency(
        (4, Gen.Select(Id, Gen.Int[0, 1], Scope, (id, replica, scope) => (Step)new Step.Add(id, replica, scope))),
        (4, Gen.Select(Id, Gen.Int[0, 1], Scope, Gen.Bool, (id, replica, scope, stale) => (Step)new Step.Put(id, replica, scope, stale))),
        (1, Gen.Select(Id, Gen.Int[0, 1], (id, replica) => (Step)new Step.Remove(id, replica))),
        (4, Gen.Select(Id, Gen.Int[0, 1], (id, replica) => (Step)new Step.AddKey(id, replica))),
        (3, Gen.Select(Id, Gen.Int[0, 1], Gen.Int[0, 9], (id, replica, which) => (Step)new Step.Revoke(id, replica, which)))).Array[5, 25];

    [Fact]
    public async Task The_applications_are_what_was_done_to_them()
    {
        await using var database = await GatewayDatabase.CreateAsync();
        foreach (var seeded in (string[])["everything", "reader", "writer", "operator"])
            await database.Store.ChangeAsync(seeded, "test", _ => new Gateway.Applications.ApplicationStep.Remove(), CancellationToken.None);
        var nowhere = new Uri("http://127.0.0.1:1");
        await using var one = await RunningGateway.StartAsync(database, [nowhere]);
        await using var two = await RunningGateway.StartAsync(database, [nowhere]);
        Admin[] admins = [new(one), new(two)];

        await Steps.SampleAsync(
            async steps =>
            {
                var model = new SortedDictionary<string, Expected>(StringComparer.Ordinal);
                foreach (var step in steps)
                    await TakeAsync(step, model, admins[step.Replica]);
                foreach (var admin in admins)
                    await AssertSameAsync(model, admin);
                foreach (var id in model.Keys)
                    Assert.Equal(HttpStatusCode.NoContent, (await admins[0].DeleteAsync($"/v1/applications/{id}")).StatusCode);
            },
            iter: 8, threads: 1);
    }

    private static async Task TakeAsync(Step step, SortedDictionary<string, Expected> model, Admin admin)
    {
        var there = model.GetValueOrDefault(step.Id);
        var path = $"/v1/applications/{step.Id}";
        switch (step)
        {
            case Step.Add add:
                using (var response = await admin.PostAsync("/v1/applications", new { id = add.Id, name = "It", scopes = (string[])[add.Scope] }))
                {
                    if (there is not null)
                    {
                        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
                        break;
                    }
                    var added = await Admin.ReadAsync(response, HttpStatusCode.Created);
                    model[add.Id] = new Expected(add.Scope, added.GetProperty("version").GetInt64(), [KeyOf(added.GetProperty("key"))]);
                }
                break;
            case Step.Put put:
                var match = put.IsStale ? "\"0\"" : null;
                using (var response = await admin.PutAsync(path, new { name = "It", scopes = (string[])[put.Scope] }, match))
                {
                    if (there is null || put.IsStale)
                    {
                        Assert.Equal(there is null ? HttpStatusCode.NotFound : HttpStatusCode.PreconditionFailed, response.StatusCode);
                        break;
                    }
                    var version = (await Admin.ReadAsync(response)).GetProperty("version").GetInt64();
                    Assert.True(version > there.Version);
                    model[put.Id] = there with { Scope = put.Scope, Version = version };
                }
                break;
            case Step.Remove:
                using (var response = await admin.DeleteAsync(path))
                    Assert.Equal(there is null ? HttpStatusCode.NotFound : HttpStatusCode.NoContent, response.StatusCode);
                model.Remove(step.Id);
                break;
            case Step.AddKey:
                using (var response = await admin.PostAsync($"{path}/keys", new { }))
                {
                    if (there is null)
                        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
                    else
                        there.Keys.Add(KeyOf(await Admin.ReadAsync(response, HttpStatusCode.Created)));
                }
                break;
            case Step.Revoke revoke:
                var key = there is { Keys.Count: > 0 } ? there.Keys[revoke.Which % there.Keys.Count].Id : Guid.NewGuid();
                using (var response = await admin.DeleteAsync($"{path}/keys/{key}"))
                    Assert.Equal(there is { Keys.Count: > 0 } ? HttpStatusCode.NoContent : HttpStatusCode.NotFound, response.StatusCode);
                there?.Keys.RemoveAll(one => one.Id == key);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(step));
        }
    }

    private static async Task AssertSameAsync(SortedDictionary<string, Expected> model, Admin admin)
    {
        // A page at a time, as small as can be.
        var listed = new List<JsonElement>();
        var next = "";
        do
        {
            var page = await Admin.ReadAsync(await admin.GetAsync($"/v1/applications?limit=1{next}"));
            listed.AddRange(page.GetProperty("items").EnumerateArray());
            next = page.TryGetProperty("next", out var after) ? $"&after={after.GetString()}" : null;
        }
        while (next is not null);
        Assert.Equal(
            model.Select(one => (one.Key, one.Value.Scope, one.Value.Version)),
            listed.Select(one => (one.GetProperty("id").GetString()!, one.GetProperty("scopes")[0].GetString()!, one.GetProperty("version").GetInt64())));
        foreach (var (id, expected) in model)
        {
            var keys = await Admin.ReadAsync(await admin.GetAsync($"/v1/applications/{id}/keys"));
            Assert.Equal(
                expected.Keys.Select(key => key.Id), keys.GetProperty("items").EnumerateArray().Select(key => key.GetProperty("id").GetGuid()));
        }
    }

    private static (Guid, string) KeyOf(JsonElement key) => (key.GetProperty("id").GetGuid(), key.GetProperty("apiKey").GetString()!);
}
