namespace FlashCall.Sip;

/// <summary>One server of a service (RFC 2782).</summary>
/// <param name="Priority">0 to 65535; servers of a higher number are for when all of a lower one fail.</param>
/// <param name="Weight">0 to 65535; the share among servers of the same priority.</param>
/// <param name="Port">The port.</param>
/// <param name="Host">The host, without the dot at its end; empty if the service is decidedly not offered.</param>
internal readonly record struct SrvRecord(int Priority, int Weight, int Port, string Host);

/// <summary>The order in which to try servers.</summary>
internal static class SrvOrder
{
    /// <summary>By priority; within one, drawn at random by weight (RFC 2782, "Weight").</summary>
    public static List<SrvRecord> Of(IEnumerable<SrvRecord> records, Random random)
    {
        var ordered = new List<SrvRecord>();
        foreach (var group in records.GroupBy(record => record.Priority).OrderBy(group => group.Key))
        {
            // Those without a weight first, so that they are drawn seldom, and not never.
            var left = group.OrderBy(record => record.Weight > 0).ToList();
            while (left.Count > 0)
            {
                var drawn = random.Next(left.Sum(record => record.Weight) + 1);
                var index = 0;
                for (var sum = left[0].Weight; sum < drawn; sum += left[index].Weight)
                    index++;
                ordered.Add(left[index]);
                left.RemoveAt(index);
            }
        }
        return ordered;
    }
}
