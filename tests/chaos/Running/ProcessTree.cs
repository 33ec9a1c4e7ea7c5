using System.Globalization;

namespace FlashCall.Chaos.Running;

/// <summary>Which processes began which, from <c>/proc</c>.</summary>
internal static class ProcessTree
{
    /// <summary>The processes that a process has begun and that live.</summary>
    public static IReadOnlyList<int> ChildrenOf(int parent)
    {
        var children = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                continue;
            try
            {
                // The name, in brackets, may hold anything; after it come the state and the parent (proc_pid_stat(5)).
                var stat = File.ReadAllText(Path.Combine(folder, "stat"));
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                if (int.Parse(fields[1], CultureInfo.InvariantCulture) == parent)
                    children.Add(id);
            }
            // It ended while it was looked at.
            catch (IOException)
            {
            }
        }
        return children;
    }
}
