using k8s.Models;
using Xunit;
using YamlDotNet.Core;

namespace FlashCall.Deploy.Tests;

/// <summary>The descriptions for Kubernetes, rendered and held against its own types: no cluster is needed.</summary>
public sealed class KubernetesTests
{
    private static readonly string[] Services = ["dialer", "fraud", "gateway", "number-pool", "verification"];

    [Theory]
    [InlineData("prepare", 7)]
    [InlineData("base", 26)]
    [InlineData("servers", 7)]
    public async Task Every_object_fits_its_schema(string folder, int objects) =>
        Assert.Equal(objects, (await Kubernetes.OfAsync(folder)).Objects.Count);

    [Fact]
    public async Task A_field_that_Kubernetes_does_not_know_is_found()
    {
        var text = (await Kubernetes.RenderAsync("base")).Replace("readinessProbe:", "readynessProbe:", StringComparison.Ordinal);

        Assert.ThrowsAny<YamlException>(() => Kubernetes.Read(text));
    }

    [Fact]
    public async Task Every_service_is_probed_limited_and_confined()
    {
        var deployments = (await Kubernetes.OfAsync("base")).All<V1Deployment>();

        Assert.Equal(Services, deployments.Select(deployment => deployment.Metadata.Name).Order(StringComparer.Ordinal));
        Assert.All(deployments, deployment =>
        {
            var pod = deployment.Spec.Template.Spec;
            var program = Assert.Single(pod.Containers);
            Assert.Equal($"flashcall/{deployment.Metadata.Name}", program.Image);
            Assert.Equal(
                ("/health/live", "/health/live", "/health/ready"),
                (program.StartupProbe.HttpGet.Path, program.LivenessProbe.HttpGet.Path, program.ReadinessProbe.HttpGet.Path));
            Assert.InRange(program.ReadinessProbe.PeriodSeconds ?? 10, 1, 2);
            Assert.True(pod.TerminationGracePeriodSeconds >= 40);
            Assert.Contains("memory", program.Resources.Limits.Keys);
            AssertConfined(pod);
            // The autoscaler says how many there are.
            Assert.Null(deployment.Spec.Replicas);
        });
    }

    [Fact]
    public async Task Every_job_is_confined_and_prepares_a_service()
    {
        var jobs = (await Kubernetes.OfAsync("prepare")).All<V1Job>();

        Assert.Equal(
            Services.Select(service => $"flashcall/{service}"),
            jobs.Select(job => Assert.Single(job.Spec.Template.Spec.Containers).Image).Order(StringComparer.Ordinal));
        Assert.All(jobs, job =>
        {
            Assert.Equal(["prepare"], job.Spec.Template.Spec.Containers[0].Args);
            AssertConfined(job.Spec.Template.Spec);
        });
    }

    [Fact]
    public async Task Every_service_has_a_budget_two_replicas_at_least_and_those_with_a_queue_scale_by_it()
    {
        var platform = await Kubernetes.OfAsync("base");

        Assert.Equal(
            Services,
            platform.All<V1PodDisruptionBudget>().Select(budget => budget.Spec.Selector.MatchLabels["app.kubernetes.io/name"])
                .Order(StringComparer.Ordinal));
        Assert.All(platform.All<V2HorizontalPodAutoscaler>(), autoscaler =>
        {
            var service = autoscaler.Spec.ScaleTargetRef.Name;
            Assert.InRange(autoscaler.Spec.MinReplicas ?? 1, 2, autoscaler.Spec.MaxReplicas - 1);
            Assert.Equal(
                service == "gateway" ? [] : [service],
                autoscaler.Spec.Metrics.Where(metric => metric.External is not null)
                    .Select(metric => metric.External.Metric.Selector.MatchLabels["queue"]));
        });
        Assert.Equal(
            Services, platform.All<V2HorizontalPodAutoscaler>().Select(autoscaler => autoscaler.Spec.ScaleTargetRef.Name)
                .Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_a_program_mounts_is_what_the_guide_makes()
    {
        var platform = await Kubernetes.OfAsync("prepare", "base", "servers");
        var guide = await File.ReadAllTextAsync(
            Path.Combine(Script.Repository, "deploy/kubernetes/README.md"), TestContext.Current.CancellationToken);
        var pods = platform.All<V1Deployment>().Select(one => one.Spec.Template.Spec)
            .Concat(platform.All<V1Job>().Select(one => one.Spec.Template.Spec))
            .Concat(platform.All<V1StatefulSet>().Select(one => one.Spec.Template.Spec)).ToList();
        var secrets = pods.SelectMany(pod => pod.Volumes).Select(volume => volume.Secret?.SecretName).OfType<string>().ToHashSet();
        var maps = platform.All<V1ConfigMap>().Select(map => map.Metadata.Name).ToHashSet();

        Assert.All(secrets, secret => Assert.True(
            guide.Contains($"secret generic {secret}", StringComparison.Ordinal)
                || guide.Contains("secret generic flashcall-$reader", StringComparison.Ordinal)
                    && guide.Contains(secret["flashcall-".Length..], StringComparison.Ordinal),
            $"the guide does not make the secret {secret}"));
        Assert.All(pods.SelectMany(pod => pod.Volumes).Select(volume => volume.ConfigMap?.Name).OfType<string>(),
            map => Assert.Contains(map, maps));
    }

    [Fact]
    public async Task Nothing_is_let_through_that_is_not_named()
    {
        var policies = (await Kubernetes.OfAsync("base")).All<V1NetworkPolicy>();

        var nothing = Assert.Single(policies, policy => policy.Spec.PodSelector.MatchLabels is null or { Count: 0 }
            && policy.Spec.PodSelector.MatchExpressions is null or { Count: 0 } && policy.Spec.Egress is null);
        Assert.Equal(["Ingress", "Egress"], nothing.Spec.PolicyTypes);
        // A rule without peers lets everybody in: carriers alone.
        Assert.All(
            policies.Where(policy => policy.Metadata.Name != "carriers").SelectMany(policy => policy.Spec.Ingress ?? []),
            rule => Assert.NotEmpty(rule.FromProperty));
    }

    private static void AssertConfined(V1PodSpec pod)
    {
        Assert.True(pod.SecurityContext.RunAsNonRoot);
        Assert.Equal("RuntimeDefault", pod.SecurityContext.SeccompProfile.Type);
        Assert.False(pod.AutomountServiceAccountToken);
        Assert.All(pod.Containers, container =>
        {
            Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
            Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
            Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
        });
    }
}
