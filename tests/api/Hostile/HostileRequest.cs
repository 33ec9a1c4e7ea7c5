using System.Text;

namespace FlashCall.Api.Tests.Hostile;

/// <summary>A request as somebody sends it who wants to see what breaks.</summary>
/// <param name="Method">The method.</param>
/// <param name="Target">Path and query, escaped.</param>
/// <param name="Headers">Further headers.</param>
/// <param name="Body">The body; null for none.</param>
/// <param name="ContentType">Its media type; null for none.</param>
internal sealed record HostileRequest(
    string Method, string Target, IReadOnlyList<(string Name, string Value)> Headers, byte[]? Body, string? ContentType)
{
    public HttpRequestMessage ToMessage()
    {
        var message = new HttpRequestMessage(new HttpMethod(Method), new Uri(Target, UriKind.Relative))
        {
            Content = Body is null ? null : new ByteArrayContent(Body),
        };
        if (message.Content is { } content && ContentType is not null)
            content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
        foreach (var (name, value) in Headers)
            message.Headers.TryAddWithoutValidation(name, Sendable(value));
        return message;
    }

    public override string ToString()
    {
        var body = Body is null ? "" : $" {ContentType}: {Encoding.UTF8.GetString(Body.AsSpan(0, Math.Min(Body.Length, 400)))}";
        return $"{Method} {(Target.Length > 400 ? Target[..400] + "…" : Target)} {string.Join(' ', Headers)}{body}";
    }

    /// <summary>The client sends no line breaks and nothing but ASCII in a header; raw ones are the gateway's SmugglingTests.</summary>
    private static string Sendable(string value) => new([.. value.Where(sign => sign is >= ' ' and <= '~' or '\t')]);
}
