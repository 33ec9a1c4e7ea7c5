namespace FlashCall.Load.Leases;

/// <summary>Pearson's test of whether counts come from equal chances.</summary>
/// <param name="Value">The sum of the squared differences, each by what was expected.</param>
/// <param name="Freedom">One less than there are counts.</param>
internal sealed record ChiSquare(double Value, int Freedom)
{
    /// <summary>How likely equal chances give counts at least as uneven.</summary>
    public double P => UpperGamma(Freedom / 2.0, Value / 2);

    public static ChiSquare Of(IReadOnlyCollection<long> counts)
    {
        var expected = counts.Average();
        return new(counts.Sum(count => (count - expected) * (count - expected) / expected), counts.Count - 1);
    }

    /// <summary>The regularised upper incomplete gamma function Q(a, x), by its series below a + 1 and by its continued fraction above
    /// (DLMF 8.11.4 and 8.9.2).</summary>
    private static double UpperGamma(double a, double x)
    {
        const double Precise = 1e-12;
        const double Tiny = 1e-300;
        var scale = Math.Exp((a * Math.Log(x)) - x - LogGamma(a));
        if (x < a + 1)
        {
            var (term, sum) = (1 / a, 1 / a);
            for (var n = 1; term > sum * Precise; n++)
            {
                term *= x / (a + n);
                sum += term;
            }
            return 1 - (scale * sum);
        }
        var b = x + 1 - a;
        var (c, d) = (1 / Tiny, 1 / b);
        var fraction = d;
        for (var n = 1; ; n++)
        {
            var step = -n * (n - a);
            b += 2;
            d = 1 / NotZero((step * d) + b);
            c = NotZero(b + (step / c));
            fraction *= d * c;
            if (Math.Abs((d * c) - 1) < Precise)
                return scale * fraction;
        }

        static double NotZero(double value) => Math.Abs(value) < Tiny ? Tiny : value;
    }

    /// <summary>The logarithm of the gamma function by Stirling's series (DLMF 5.11.1), moved up to where it is exact enough.</summary>
    private static double LogGamma(double a)
    {
        var moved = 0.0;
        for (; a < 20; a++)
            moved += Math.Log(a);
        var inverse = 1 / a;
        return ((a - 0.5) * Math.Log(a)) - a + (0.5 * Math.Log(2 * Math.PI))
            + (inverse * ((1.0 / 12) - (inverse * inverse * ((1.0 / 360) - (inverse * inverse / 1260))))) - moved;
    }
}
