using System.Globalization;
using System.Text.Json;
using FlashCall.Gateway.Access;
using FlashCall.Gateway.Webhooks;
using FlashCall.Gateway.Webhooks.Receivers;
using FlashCall.Hosting;
using FluentValidation;

namespace FlashCall.Gateway.Applications;

/// <summary>What an application has to be. The messages go on after the field's name.</summary>
internal sealed class ApplicationValidator : AbstractValidator<ApplicationDocument>
{
    /// <summary>The longest name of an application or key, characters.</summary>
    public const int LongestName = 100;

    private const int MostOrigins = 50;
    private const int LongestAddress = 2000;

    public ApplicationValidator(WebhookSettings webhooks)
    {
        // One mistake a field, but each entry of a list has its own.
        RuleLevelCascadeMode = CascadeMode.Stop;
        RuleFor(application => application.Id)
            .NotEmpty().WithMessage("is missing. Give the id that the services shall know the application by, such as shop.")
            .Must(ApplicationId.IsOne).WithMessage(ApplicationId.Form)
            .NotEqual(Application.AdminId).WithMessage("is kept for the key of the settings. Give another.");
        RuleFor(application => application.Name)
            .Must(IsName).WithMessage($"is missing or no name. Give one for people to read, 1 to {LongestName} characters on one line.");
        RuleFor(application => application.Scopes)
            .NotEmpty().WithMessage($"is missing. Give what the application may do, of: {string.Join(", ", Scopes.All)}.")
            .Must(IsEachOnce).WithMessage("names one twice. Give each scope once.");
        RuleForEach(application => application.Scopes).Cascade(CascadeMode.Continue)
            .Must(scope => scope is not null && Scopes.All.Contains(scope))
            .WithMessage($"is no scope. Give some of: {string.Join(", ", Scopes.All)}.");
        RuleFor(application => application.MinimumAuthorization)
            .Must(level => level is null || AuthorizationLevels.Read(level) is not null)
            .WithMessage($"is no level. Give one of: {AuthorizationLevels.All}.");
        RuleFor(application => application.RateLimits!).SetValidator(new OfLimits()).When(application => application.RateLimits is not null);
        RuleFor(application => application.AllowedOrigins)
            .Must(origins => origins is null || origins.Count <= MostOrigins).WithMessage($"has too many. Give at most {MostOrigins}.")
            .Must(IsEachOnce).WithMessage("names one twice. Give each origin once.");
        RuleForEach(application => application.AllowedOrigins).Cascade(CascadeMode.Continue)
            .Must(IsOrigin).WithMessage("is no origin as browsers send it. Give scheme://host or scheme://host:port in lower case, without "
                + "the scheme's usual port and without a path, such as https://shop.example.");
        RuleFor(application => application.Policies).Custom((policies, context) =>
        {
            foreach (var name in (policies?.Keys ?? []).Where(name => PurposeName.Read(name) is null))
                context.AddFailure($"Policies.{name}", $"is no purpose. The purposes are: {PurposeName.All}.");
            foreach (var (name, policy) in policies?.Where(policy => PurposeName.Read(policy.Key) is not null) ?? [])
            {
                if (policy is null)
                    context.AddFailure($"Policies.{name}", "is null. Give what shall be other than usual, or leave the purpose out.");
                foreach (var (field, problem) in policy is null ? [] : PolicyRules.Mistakes(policy))
                    context.AddFailure($"Policies.{name}.{field}", problem);
            }
        });
        RuleFor(application => application.Sinch!).SetValidator(new OfSinch(webhooks)).When(application => application.Sinch is not null);
        this.RefuseUnknown(application => application.Unknown);
    }

    /// <summary>Whether this can be read as a name: not blank, on one line.</summary>
    public static bool IsName(string? name) =>
        !string.IsNullOrWhiteSpace(name) && name.Length <= LongestName && !name.Any(char.IsControl);

    private static bool IsEachOnce(IReadOnlyList<string?>? texts) =>
        texts is null || texts.Distinct(StringComparer.Ordinal).Count() == texts.Count;

    /// <summary>Compared with what a browser sends letter by letter, it has to be spelt as browsers do (RFC 6454 §6.2).</summary>
    private static bool IsOrigin(string? text) =>
        text is { Length: <= LongestAddress } && Uri.TryCreate(text, UriKind.Absolute, out var address)
        && address.Scheme is "http" or "https" && address.IdnHost == address.Host && address.GetLeftPart(UriPartial.Authority) == text
        && address.UserInfo.Length == 0;

    private sealed class OfLimits : AbstractValidator<LimitsDocument>
    {
        public OfLimits()
        {
            RuleFor(limits => limits.Requests!).SetValidator(new OfRate()).When(limits => limits.Requests is not null);
            RuleFor(limits => limits.ClientToken!).SetValidator(new OfRate()).When(limits => limits.ClientToken is not null);
            this.RefuseUnknown(limits => limits.Unknown);
        }
    }

    private sealed class OfRate : AbstractValidator<RateDocument>
    {
        public OfRate()
        {
            RuleFor(rate => rate.Permits).InclusiveBetween(1, RateLimit.MostPermits)
                .WithMessage(string.Create(CultureInfo.InvariantCulture, $"is out of range. Give 1 to {RateLimit.MostPermits} requests."));
            RuleFor(rate => rate.Per)
                .Must(per => per is null
                    || (Duration.TryParse(per, out var period) && period >= RateLimit.ShortestPeriod && period <= RateLimit.LongestPeriod))
                .WithMessage($"is no period. Give {Duration.Write(RateLimit.ShortestPeriod)} to {Duration.Write(RateLimit.LongestPeriod)} as "
                    + $"{Duration.Form}.");
            this.RefuseUnknown(rate => rate.Unknown);
        }
    }

    private sealed class OfSinch : AbstractValidator<SinchDocument>
    {
        public OfSinch(WebhookSettings webhooks)
        {
            RuleFor(sinch => sinch.CallbackUrl)
                .Must(url => url is null || ReceiverUrl.Mistake(url, webhooks) is null)
                .WithMessage(sinch => $"is no address to call back. {ReceiverUrl.Mistake(sinch.CallbackUrl, webhooks)}");
            RuleFor(sinch => sinch.Purpose).Must(purpose => purpose is null || PurposeName.Read(purpose) is not null)
                .WithMessage($"is no purpose. The purposes are: {PurposeName.All}.");
            this.RefuseUnknown(sinch => sinch.Unknown);
        }
    }
}

/// <summary>Refuses what is no field: a misspelt one would otherwise be the default, unnoticed.</summary>
internal static class UnknownFields
{
    /// <summary>What is said of one.</summary>
    public const string Problem = "is no field here. Leave it out, or see docs/applications.md for how it is spelt.";

    public static void RefuseUnknown<T>(this AbstractValidator<T> validator, Func<T, IDictionary<string, JsonElement>?> unknown) =>
        validator.RuleFor(document => document).Custom((document, context) =>
        {
            foreach (var name in unknown(document)?.Keys ?? [])
                context.AddFailure(name, Problem);
        });
}
