using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace FlashCall.Fraud.Policies;

/// <summary>Something that is wrong with a document.</summary>
/// <param name="Path">Where, as a JSON path: <c>$.velocity[2].limit</c>.</param>
/// <param name="Problem">What is wrong and what would be right, as it goes on after the path.</param>
internal sealed record PolicyMistake(string Path, string Problem);

/// <summary>A value of a document and where it stands. Reading notes what is wrong and goes on with something harmless, so that all
/// mistakes are found at once.</summary>
/// <param name="value">The value; undefined where it is left out.</param>
/// <param name="path">Its JSON path.</param>
/// <param name="mistakes">Where mistakes are noted.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly struct PolicyField(JsonElement value, string path, List<PolicyMistake> mistakes)
{
    /// <summary>It is in the document.</summary>
    public bool IsGiven => value.ValueKind is not JsonValueKind.Undefined;

    /// <summary>It is in the document as <c>null</c>.</summary>
    public bool IsNull => value.ValueKind is JsonValueKind.Null;

    /// <summary>A field of this object; one that is not given where this is none.</summary>
    public PolicyField this[string name] => new(
        value.ValueKind is JsonValueKind.Object && value.TryGetProperty(name, out var field) ? field : default, $"{path}.{name}", mistakes);

    /// <summary>Notes a mistake here.</summary>
    public void Refuse(string problem) => mistakes.Add(new PolicyMistake(path, problem));

    /// <summary>Looks at an object: any other kind of value and fields that it does not have are mistakes.</summary>
    public PolicyField Object(params string[] names)
    {
        if (value.ValueKind is JsonValueKind.Undefined)
            return this;
        if (value.ValueKind is not JsonValueKind.Object)
        {
            Refuse($"is {Said}. Give an object with the fields {string.Join(", ", names)}.");
            return new PolicyField(default, path, mistakes);
        }
        foreach (var field in value.EnumerateObject().Where(field => !names.Contains(field.Name, StringComparer.Ordinal)))
            this[field.Name].Refuse($"is no field here. Known here: {string.Join(", ", names)}.");
        return this;
    }

    /// <summary>A whole number.</summary>
    public int Int(int otherwise, int lowest, int highest) => (int)Long(otherwise, lowest, highest);

    /// <summary>A whole number.</summary>
    public long Long(long otherwise, long lowest, long highest)
    {
        if (!IsGiven)
            return otherwise;
        if (value.ValueKind is JsonValueKind.Number && value.TryGetInt64(out var number) && number >= lowest && number <= highest)
            return number;
        Refuse($"is {Said}. Give a whole number from {lowest} to {highest}.");
        return otherwise;
    }

    /// <summary>A whole number that has to be there.</summary>
    public int Required(int lowest, int highest)
    {
        if (!IsGiven)
            Refuse($"is missing. Give a whole number from {lowest} to {highest}.");
        return Int(lowest, lowest, highest);
    }

    /// <summary>A number.</summary>
    public double Double(double otherwise, double lowest, double highest)
    {
        if (!IsGiven)
            return otherwise;
        if (value.ValueKind is JsonValueKind.Number && value.TryGetDouble(out var number) && number >= lowest && number <= highest)
            return number;
        Refuse(string.Create(CultureInfo.InvariantCulture, $"is {Said}. Give a number from {lowest} to {highest}."));
        return otherwise;
    }

    /// <summary>True or false.</summary>
    public bool Bool(bool otherwise)
    {
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return value.GetBoolean();
        if (IsGiven)
            Refuse($"is {Said}. Give true or false.");
        return otherwise;
    }

    /// <summary>A text.</summary>
    /// <param name="otherwise">Where it is wrong or left out; null where it has to be there.</param>
    /// <param name="isRight">Which texts are right.</param>
    /// <param name="form">What is: <c>Give …</c></param>
    public string Text(string? otherwise, Func<string, bool> isRight, string form)
    {
        if (!IsGiven && otherwise is not null)
            return otherwise;
        if (value.ValueKind is JsonValueKind.String && value.GetString() is { } text && isRight(text))
            return text;
        Refuse($"is {Said}. {form}");
        return otherwise ?? "";
    }

    /// <summary>What stands in a list; any other kind of value is a mistake.</summary>
    /// <param name="form">What it has to be: <c>a list of …</c></param>
    public IEnumerable<PolicyField> Items(string form)
    {
        if (value.ValueKind is JsonValueKind.Array)
        {
            var (all, here) = (mistakes, path);
            return [.. value.EnumerateArray().Select((item, i) => new PolicyField(item, $"{here}[{i}]", all))];
        }
        if (IsGiven)
            Refuse($"is {Said}. Give {form}.");
        return [];
    }

    /// <summary>Names and values of an object whose names are data; any other kind of value is a mistake.</summary>
    /// <param name="form">What it has to be: <c>an object of …</c></param>
    public IEnumerable<(string Name, PolicyField Field)> Members(string form)
    {
        if (value.ValueKind is JsonValueKind.Object)
        {
            var (all, here) = (mistakes, path);
            return [.. value.EnumerateObject().Select(
                field => (field.Name, new PolicyField(field.Value, $"{here}['{field.Name}']", all)))];
        }
        if (IsGiven)
            Refuse($"is {Said}. Give {form}.");
        return [];
    }

    private string Said => value.ValueKind switch
    {
        JsonValueKind.Undefined => "missing",
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        _ => value.GetRawText() is { Length: > 60 } raw ? raw[..60] + "…" : value.GetRawText(),
    };
}
