using System.Net;
using System.Text;
using FlashCall.Fraud.Assessments;
using FlashCall.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FlashCall.Fraud.Tests.Assessments;

public sealed class AddressCountriesTests : IDisposable
{
    private readonly string _file = Path.Combine(Directory.CreateTempSubdirectory("flashcall-mmdb-").FullName, "countries.mmdb");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);

    [Fact]
    public void An_address_is_where_the_file_says_and_a_new_file_takes_the_place_of_the_old()
    {
        File.WriteAllBytes(_file, TinyDatabase.Of(("203.0.113.0/24", "SE"), ("198.51.100.0/24", "GB")));
        using var countries = Open(_file);
        Assert.Equal(("SE", "GB", null, null),
            (countries.Of("203.0.113.7"), countries.Of("198.51.100.1"), countries.Of("192.0.2.1"), countries.Of(null)));
        Assert.False(countries.Refresh());

        File.WriteAllBytes(_file, TinyDatabase.Of(("203.0.113.0/24", "NO")));
        File.SetLastWriteTimeUtc(_file, DateTime.UtcNow.AddMinutes(1));
        Assert.True(countries.Refresh());
        Assert.Equal(("NO", null), (countries.Of("203.0.113.7"), countries.Of("198.51.100.1")));

        File.WriteAllText(_file, "half of it");
        Assert.False(countries.Refresh());
        Assert.Equal("NO", countries.Of("203.0.113.7"));
    }

    [Fact]
    public void Without_the_setting_no_address_has_a_country()
    {
        using var countries = Open(null);
        Assert.Null(countries.Of("203.0.113.7"));
    }

    [Fact]
    public void A_file_that_is_none_ends_the_start()
    {
        Assert.Contains("FLASHCALL_FRAUD__ADDRESSCOUNTRIES names the file",
            Assert.Throws<SettingsException>(() => Open(_file)).Message, StringComparison.Ordinal);
        File.WriteAllText(_file, "no database");
        Assert.Throws<SettingsException>(() => Open(_file));
    }

    private static AddressCountries Open(string? file) => new(
        new ConfigurationBuilder().AddInMemoryCollection([new(AddressCountries.Setting, file)]).Build(), TimeProvider.System,
        NullLogger<AddressCountries>.Instance);

    /// <summary>Writes MaxMind's DB format, version 2.0 of its specification, as much of it as IPv4 networks with a country need.</summary>
    private static class TinyDatabase
    {
        private const int Text = 2;
        private const int Short = 5;
        private const int Integer = 6;
        private const int Map = 7;

        public static byte[] Of(params (string Network, string Country)[] entries)
        {
            // A record is another node, or minus the number of an entry, or 0 for nothing.
            List<int[]> nodes = [new int[2]];
            for (var i = 0; i < entries.Length; i++)
            {
                var network = IPNetwork.Parse(entries[i].Network);
                var bytes = network.BaseAddress.GetAddressBytes();
                var node = 0;
                for (var bit = 0; bit < network.PrefixLength; bit++)
                {
                    var side = (bytes[bit / 8] >> (7 - (bit % 8))) & 1;
                    if (bit == network.PrefixLength - 1)
                    {
                        nodes[node][side] = -(i + 1);
                        break;
                    }
                    if (nodes[node][side] == 0)
                    {
                        nodes[node][side] = nodes.Count;
                        nodes.Add(new int[2]);
                    }
                    node = nodes[node][side];
                }
            }
            var data = new List<byte>();
            var offsets = new List<int>();
            foreach (var (_, country) in entries)
            {
                offsets.Add(data.Count);
                data.AddRange([Control(Map, 1), .. Word("country"), Control(Map, 1), .. Word("iso_code"), .. Word(country)]);
            }
            var tree = nodes.SelectMany(node => node).SelectMany(record => Three(record switch
            {
                > 0 => record,
                0 => nodes.Count,
                _ => nodes.Count + 16 + offsets[-record - 1],
            }));
            return
            [
                .. tree, .. new byte[16], .. data, 0xAB, 0xCD, 0xEF, .. "MaxMind.com"u8, Control(Map, 7),
                .. Word("node_count"), Control(Integer, 3), .. Three(nodes.Count),
                .. Word("record_size"), Control(Short, 1), 24,
                .. Word("ip_version"), Control(Short, 1), 4,
                .. Word("database_type"), .. Word("Test-Country"),
                .. Word("binary_format_major_version"), Control(Short, 1), 2,
                .. Word("binary_format_minor_version"), Control(Short, 1), 0,
                // An unsigned 64-bit number is an extended type: 9, written as 2.
                .. Word("build_epoch"), 1, 2, 1,
            ];
        }

        private static byte Control(int type, int size) => (byte)((type << 5) | size);

        /// <summary>Texts of 29 characters and more would need another form of length.</summary>
        private static byte[] Word(string text) => [Control(Text, text.Length), .. Encoding.ASCII.GetBytes(text)];

        private static byte[] Three(int value) => [(byte)(value >> 16), (byte)(value >> 8), (byte)value];
    }
}
