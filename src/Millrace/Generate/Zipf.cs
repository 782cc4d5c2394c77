namespace Millrace.Generate;

/// <summary>Ranks from 0, where rank r is drawn with a probability in proportion to 1 / (r + 1)^exponent.</summary>
/// <remarks>Inverts the integral of the density instead of its sum: no table, so any number of ranks costs the same;
/// the first ranks come out a little rarer than in the sum.</remarks>
internal readonly struct Zipf(int ranks, double exponent)
{
    private readonly double _span = exponent == 1 ? Math.Log(ranks + 1) : Math.Pow(ranks + 1, 1 - exponent) - 1;

    public int Draw(double unit)
    {
        var rank = exponent == 1 ? Math.Exp(unit * _span) : Math.Pow(1 + unit * _span, 1 / (1 - exponent));
        return Math.Clamp((int)rank - 1, 0, ranks - 1);
    }
}
