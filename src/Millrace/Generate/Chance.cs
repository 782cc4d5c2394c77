using System.Numerics;

namespace Millrace.Generate;

/// <summary>Seeded randomness: the same seed gives the same numbers on every machine and in every version.</summary>
/// <remarks>xoshiro256** by Blackman and Vigna (2018), its state filled by SplitMix64. <see cref="Random"/> promises a
/// seed's numbers for one version of .NET only. Not thread safe.</remarks>
internal sealed class Chance
{
    private ulong _a, _b, _c, _d;

    public Chance(ulong seed)
    {
        _a = Mix(seed, 1);
        _b = Mix(seed, 2);
        _c = Mix(seed, 3);
        _d = Mix(seed, 4);
    }

    /// <summary>A well spread number that depends on both; no state.</summary>
    public static ulong Mix(ulong seed, ulong value)
    {
        var z = unchecked(seed + value * 0x9E3779B97F4A7C15);
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        return z ^ (z >> 31);
    }

    public ulong Next()
    {
        var result = unchecked(BitOperations.RotateLeft(unchecked(_b * 5), 7) * 9);
        var shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double Unit() => ToUnit(Next());

    public static double ToUnit(ulong bits) => (bits >> 11) * (1.0 / (1UL << 53));

    public bool Is(double probability) => Unit() < probability;

    /// <summary>Uniform in [0, <paramref name="count"/>).</summary>
    public int Below(int count) => (int)(((UInt128)Next() * (ulong)count) >> 64);

    public double Exponential(double mean) => -mean * Math.Log(1 - Unit());

    public double LogNormal(double median, double sigma) => median * Math.Exp(sigma * Normal());

    /// <summary>Michael, Schucany and Haas (1976).</summary>
    public double InverseGaussian(double mean, double shape)
    {
        var normal = Normal();
        var y = normal * normal * mean / shape;
        var x = mean * (1 + (y - Math.Sqrt(y * (4 + y))) / 2);
        return Unit() <= mean / (mean + x) ? x : mean * mean / x;
    }

    /// <summary>Box and Muller (1958).</summary>
    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - Unit())) * Math.Cos(2 * Math.PI * Unit());
}
