using System.Text.RegularExpressions;
using k8s;
using Xunit;

namespace FlashCall.Deploy.Tests;

/// <summary>What <c>kubectl apply -k</c> would hand to the cluster, as Kubernetes' own types.</summary>
internal sealed partial class Kubernetes
{
    /// <summary>Kinds that an operator brings: their schemas are its own.</summary>
    private static readonly string[] OfOperators = ["postgresql.cnpg.io/v1"];

    private Kubernetes(List<object> objects) => Objects = objects;

    public List<object> Objects { get; }

    /// <summary>Renders one of the folders of <c>deploy/kubernetes</c>. Skips the test where kubectl is not there.</summary>
    public static async Task<string> RenderAsync(string folder)
    {
        try
        {
            var rendered = await Script.RunProcessAsync(
                "kubectl", "kustomize", Path.Combine(Script.Repository, "deploy/kubernetes", folder));
            Assert.True(rendered.ExitCode == 0, rendered.Error);
            return rendered.Output;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("kubectl is not here, so what is in deploy/kubernetes is not checked: install it (version 1.27 or later).");
            throw;
        }
    }

    /// <summary>Reads documents; a field that Kubernetes does not know, or a value that does not fit, is refused.</summary>
    /// <exception cref="YamlDotNet.Core.YamlException">One does not fit.</exception>
    public static Kubernetes Read(string text) => new(
        KubernetesYaml.LoadAllFromString(
            string.Join("\n---\n", Separator().Split(text).Where(document => !OfOperators.Any(version =>
                document.StartsWith($"apiVersion: {version}", StringComparison.Ordinal)))),
            strict: true));

    public static async Task<Kubernetes> OfAsync(params string[] folders)
    {
        var texts = new List<string>();
        foreach (var folder in folders)
            texts.Add(await RenderAsync(folder));
        return new(texts.SelectMany(static text => Read(text).Objects).ToList());
    }

    public List<T> All<T>() => Objects.OfType<T>().ToList();

    [GeneratedRegex(@"^---\n", RegexOptions.Multiline | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Separator();
}
