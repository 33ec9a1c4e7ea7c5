using FlashCall.Contracts;

namespace FlashCall.Dialer.Tests.Support;

/// <summary>Commands with sensible values.</summary>
internal static class Commands
{
    public static readonly PhoneNumber Callee = PhoneNumber.Parse("+46701740605");
    public static readonly CallerId CallerId = CallerId.Parse("+442079460123");

    public static PlaceFlashCall Place(string trunk, double ringSeconds = 1, double capSeconds = 10, TimeSpan? notAfter = null) => new()
    {
        VerificationId = Guid.CreateVersion7(),
        AttemptId = Guid.CreateVersion7(),
        Callee = Callee,
        CallerId = CallerId,
        Trunk = trunk,
        RingTime = TimeSpan.FromSeconds(ringSeconds),
        PostDialDelayCap = TimeSpan.FromSeconds(capSeconds),
        NotAfter = DateTimeOffset.UtcNow + (notAfter ?? TimeSpan.FromMinutes(1)),
    };

    public static HangUp HangUp(PlaceFlashCall call) => new() { VerificationId = call.VerificationId, AttemptId = call.AttemptId };
}
