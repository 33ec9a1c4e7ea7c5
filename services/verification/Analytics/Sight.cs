using System.Security.Claims;
using FlashCall.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Verification.Analytics;

/// <summary>What whoever looks back may see.</summary>
/// <param name="Caller">The application that asks.</param>
/// <param name="SeesAll">Whether it sees the sessions of every application: an operator does, others see their own.</param>
/// <param name="MayUnmask">Whether it may see numbers in plain.</param>
internal sealed record Sight(string Caller, bool SeesAll, bool MayUnmask)
{
    /// <summary>The scope that opens the past.</summary>
    public const string ReadScope = "analytics:read";

    /// <summary>The scope that opens the past of all applications, and the list of who saw numbers.</summary>
    public const string OperationsScope = "operations";

    private const string UnmaskScope = "analytics:unmask";

    /// <summary>The parameter that asks for numbers in plain.</summary>
    public const string Numbers = "numbers";

    /// <summary>Its value for that.</summary>
    public const string Plain = "plain";

    /// <summary>Its usual value.</summary>
    public const string Masked = "masked";

    public static Sight Of(ClaimsPrincipal caller) =>
        new(caller.ApplicationId(), caller.HasScope(OperationsScope), caller.HasScope(UnmaskScope));

    /// <summary>What an application is told that may not see numbers in plain.</summary>
    public static ProblemHttpResult MayNotUnmask() => Problems.Problem(403, "forbidden", "Not allowed",
        $"Numbers in plain need the scope {UnmaskScope}. Leave '{Numbers}' out, or use a key that has it.");
}
