using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;

namespace FlashCall.Fraud.Rules;

/// <summary>The client's address is in another country than the number: travellers, and whoever asks for other people's numbers.</summary>
/// <param name="settings">Its own settings.</param>
internal sealed class AddressCountry(AddressCountrySettings settings) : IRule
{
    /// <inheritdoc/>
    public string Name => "address_country";

    /// <inheritdoc/>
    public IReadOnlyList<Need> Needs => [];

    /// <inheritdoc/>
    public IEnumerable<Finding> Judge(RiskRequest request, Readings readings)
    {
        // A destination that is no country has none to compare with.
        if (request.AddressCountry is { } country && request.Destination is { Length: 2 } destination && country != destination)
        {
            yield return new Finding("address_country", settings.Weight,
                $"The client's address is in {country}, the number in {destination}.")
            {
                Evidence = [("address_country", country), ("destination", destination)],
            };
        }
    }
}
