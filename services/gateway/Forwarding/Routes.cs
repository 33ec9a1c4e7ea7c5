using FlashCall.Gateway.Access;
using FlashCall.Gateway.Edge;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.LoadBalancing;

namespace FlashCall.Gateway.Forwarding;

/// <summary>Which requests go to which service, and what scope they need.</summary>
internal static class Routes
{
    /// <summary>The cluster of the verification service's replicas.</summary>
    public const string Verification = "verification";

    /// <summary>The cluster of the dialer's replicas.</summary>
    public const string Dialer = "dialer";

    /// <summary>The cluster of the number pool's replicas.</summary>
    public const string NumberPool = "number-pool";

    /// <summary>The cluster of the fraud service's replicas.</summary>
    public const string Fraud = "fraud";

    /// <summary>The number pool's replicas once more, for what takes them longer than any other answer.</summary>
    private const string NumberImport = "number-import";

    /// <summary>How the address of a session's stream of events ends.</summary>
    public const string Events = "/events";

    private const string StartId = "verifications-start";
    private const string Verifications = "/v1/verifications";
    private const string OneVerification = "/v1/verifications/{id}";
    private const string Trunks = "/v1/trunks/{**rest}";
    private const string Numbers = "/v1/numbers/{**rest}";
    private const string Import = "/v1/numbers/import";
    private const string Frauds = "/v1/fraud/{**rest}";
    private const string Subjects = "/v1/subjects/{**rest}";
    private const string ResultKeys = "/.well-known/jwks.json";

    /// <summary>YARP's name for a route that needs no credential.</summary>
    private const string Anonymous = "anonymous";

    private static readonly TimeSpan ProbeEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Every route; each names its methods and its scope, or that it needs none. Those of one verification are for its client token
    /// too, so each is named, and what is not named does not pass.</summary>
    public static readonly IReadOnlyList<RouteConfig> All =
    [
        Route("verifications-list", Verification, Verifications, Scopes.VerificationsRead, HttpMethods.Get),
        Route(StartId, Verification, Verifications, Scopes.VerificationsWrite, HttpMethods.Post),
        OfOneVerification("", Scopes.VerificationsRead, HttpMethods.Get),
        OfOneVerification(Events, Scopes.VerificationsRead, HttpMethods.Get),
        OfOneVerification("/report", Scopes.VerificationsWrite, HttpMethods.Post),
        OfOneVerification("/cancel", Scopes.VerificationsWrite, HttpMethods.Post),
        OfOneVerification("/telemetry", Scopes.VerificationsWrite, HttpMethods.Post),
        Route("result-keys", Verification, ResultKeys, Anonymous, HttpMethods.Get),
        Route("trunks", Dialer, Trunks, Scopes.Operations, HttpMethods.Get, HttpMethods.Put, HttpMethods.Post, HttpMethods.Delete),
        Route("numbers", NumberPool, Numbers, Scopes.Operations, HttpMethods.Get, HttpMethods.Post),
        Route("numbers-import", NumberImport, Import, Scopes.Operations, HttpMethods.Post) with
        {
            MaxRequestBodySize = RequestLimits.Import,
        },
        Route("fraud", Fraud, Frauds, Scopes.Operations, HttpMethods.Get, HttpMethods.Post, HttpMethods.Delete),
        Route("subjects", Verification, Subjects, Scopes.SubjectsErase, HttpMethods.Get, HttpMethods.Delete),
    ];

    /// <summary>Whether a request's body goes on as it comes, and is not read before. YARP sets the larger bound once the request has
    /// passed the access check.</summary>
    public static bool IsStreamed(RouteConfig route) => route.MaxRequestBodySize is not null;

    /// <summary>Whether a request's answer is for everybody, and may be kept for as long as the service says.</summary>
    public static bool IsPublic(RouteConfig route) => route.AuthorizationPolicy == Anonymous;

    /// <summary>Whether it starts a session, which is done once under an <c>Idempotency-Key</c>.</summary>
    public static bool IsStart(RouteConfig route) => route.RouteId == StartId;

    /// <summary>The services behind the routes.</summary>
    public static IReadOnlyList<ClusterConfig> Clusters(GatewaySettings settings) =>
    [
        Cluster(Verification, settings.Verification, settings.AnswerTimeout),
        Cluster(Dialer, settings.Dialer, settings.AnswerTimeout),
        Cluster(NumberPool, settings.NumberPool, settings.AnswerTimeout),
        // Not probed a second time: a replica that is down is passed over when it cannot be connected to.
        Cluster(NumberImport, settings.NumberPool, GatewaySettings.ImportAnswerTimeout) with { HealthCheck = null },
        Cluster(Fraud, settings.Fraud, settings.AnswerTimeout),
    ];

    /// <summary>When failing requests take a replica out, between two probes.</summary>
    internal static class Passive
    {
        /// <summary>The time that is looked at, and for which the replica is left out.</summary>
        public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

        /// <summary>Requests in the window below which nothing is decided.</summary>
        public const int FewestRequests = 5;

        /// <summary>The failed share of requests, 0 to 1, that takes the replica out.</summary>
        public const double FailedShare = 0.5;
    }

    private static RouteConfig OfOneVerification(string path, string scope, string method) =>
        Route($"verification{path.Replace('/', '-')}", Verification, OneVerification + path, SessionAccess.Or(scope), method);

    private static RouteConfig Route(string id, string cluster, string path, string scope, params string[] methods) => new()
    {
        RouteId = id,
        ClusterId = cluster,
        Match = new RouteMatch { Path = path, Methods = methods },
        AuthorizationPolicy = scope,
    };

    private static ClusterConfig Cluster(string id, IReadOnlyList<Uri> replicas, TimeSpan answerTimeout) => new()
    {
        ClusterId = id,
        Destinations = replicas.ToDictionary(
            address => address.GetLeftPart(UriPartial.Authority),
            address => new DestinationConfig { Address = address.ToString() },
            StringComparer.OrdinalIgnoreCase),
        // The emptier of two random replicas: requests that wait make "the next one" a poor choice.
        LoadBalancingPolicy = LoadBalancingPolicies.PowerOfTwoChoices,
        HttpRequest = new ForwarderRequestConfig
        {
            ActivityTimeout = answerTimeout,
            Version = System.Net.HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        },
        HealthCheck = new HealthCheckConfig
        {
            // When no replica looks healthy, asking them all is better than refusing: the service itself says best what is missing.
            AvailableDestinationsPolicy = HealthCheckConstants.AvailableDestinations.HealthyOrPanic,
            Active = new ActiveHealthCheckConfig
            {
                Enabled = true,
                Interval = ProbeEvery,
                Timeout = ProbeTimeout,
                Policy = ProbesHeeded.PolicyName,
                Path = "/health/ready",
            },
            Passive = new PassiveHealthCheckConfig
            {
                Enabled = true,
                Policy = HealthCheckConstants.PassivePolicy.TransportFailureRate,
                ReactivationPeriod = Passive.Window,
            },
        },
    };
}
