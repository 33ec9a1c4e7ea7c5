using System.Globalization;
using FlashCall.Fraud.Counting;

namespace FlashCall.Fraud.Engine;

/// <summary>Who and what a request concerns, worked out as it is asked for: rules and counters ask for the same subjects dozens of
/// times.</summary>
/// <param name="request">The request.</param>
internal sealed class RequestSubjects(RiskRequest request)
{
    private const int ShortestPrefix = 4;
    private const int LongestPrefix = 7;

    /// <summary>What a prefix leaves of a number at least, so that no prefix is a person's.</summary>
    private const int DigitsBehindPrefix = 3;

    private const int Kinds = (int)SubjectKind.Neighbour + 1;

    // Threads may work out the same at once; any of their answers will do.
    private readonly Subject[]?[] _ofKind = new Subject[]?[Kinds];
    private readonly Subject[]?[] _prefixes = new Subject[]?[LongestPrefix + 1];

    /// <summary>Those of a kind.</summary>
    public Subject[] OfKind(SubjectKind kind) => _ofKind[(int)kind] ??= kind switch
    {
        SubjectKind.Number => [new(kind, request.Number)],
        SubjectKind.Prefix => [.. Enumerable.Range(ShortestPrefix, LongestPrefix - ShortestPrefix + 1).SelectMany(PrefixOf)],
        SubjectKind.Block => [new(kind, request.Number[..^2]), new(kind, request.Number[..^3])],
        SubjectKind.Address => Known(kind, request.Address),
        SubjectKind.Network => Known(kind, request.Network),
        SubjectKind.Device => Known(kind, request.Device),
        SubjectKind.Application => [new(kind, request.ApplicationId)],
        SubjectKind.Destination => [new(kind, request.Destination)],
        SubjectKind.DeviceWithNumber => Known(kind, request.Device is null ? null : $"{request.Device} {request.Number}"),
        SubjectKind.Neighbour => Neighbours(request.Number),
        // Which trunk will carry the call is not known when it is asked for.
        SubjectKind.Trunk => [],
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>The prefix of so many digits, 1 to 7; none where it would leave less than three digits of the number.</summary>
    public Subject[] PrefixOf(int digits) => _prefixes[digits] ??=
        digits + 1 + DigitsBehindPrefix <= request.Number.Length ? [new(SubjectKind.Prefix, request.Number[..(digits + 1)])] : [];

    private static Subject[] Neighbours(string number)
    {
        const int Reach = 3;
        const int Digits = 4;
        var head = number.AsSpan(0, number.Length - Digits);
        var tail = int.Parse(number.AsSpan(number.Length - Digits), CultureInfo.InvariantCulture);
        var (lowest, highest) = (Math.Max(0, tail - Reach), Math.Min(9_999, tail + Reach));
        var near = new Subject[highest - lowest];
        var count = 0;
        for (var one = lowest; one <= highest; one++)
        {
            if (one != tail)
                near[count++] = new(SubjectKind.Number, string.Create(CultureInfo.InvariantCulture, $"{head}{one:0000}"));
        }
        return near;
    }

    private static Subject[] Known(SubjectKind kind, string? key) => key is null ? [] : [new(kind, key)];

    /// <summary>What a request keeps of them. It says nothing about the request that its other fields do not, so that requests with and
    /// without it are equal.</summary>
    internal struct Kept : IEquatable<Kept>
    {
        private RequestSubjects? _subjects;

        /// <summary>The request's subjects. What a copy of another request brought along was that one's.</summary>
        public RequestSubjects Of(RiskRequest request)
        {
            var known = _subjects;
            return known?.IsOf(request) == true ? known : _subjects = new RequestSubjects(request);
        }

        public readonly bool Equals(Kept other) => true;

        public override readonly bool Equals(object? obj) => obj is Kept;

        public override readonly int GetHashCode() => 0;
    }

    private bool IsOf(RiskRequest other) => ReferenceEquals(request, other);
}
