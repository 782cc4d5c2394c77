namespace Millrace.Lake;

/// <summary>Numbers the distinct values of a column, if they are few: then a dictionary is shorter. Hot path.</summary>
/// <remarks>An open-addressing table that is given up when it is half full, or when values crowd together: a client can
/// choose them so.</remarks>
internal sealed class NumberIndexes
{
    private const int DistinctMax = 4096;
    private const int Mask = DistinctMax * 2 - 1;
    private const int TriedBeforeGivingUp = 1024;
    private const int ProbesMax = 128;

    private readonly long[] _distinct = new long[DistinctMax];
    private readonly int[] _slots = new int[DistinctMax * 2];
    private int _count;

    /// <summary>The distinct values of the last call, in the order of first use.</summary>
    public ReadOnlySpan<long> Distinct => _distinct.AsSpan(0, _count);

    /// <param name="values">The values.</param>
    /// <param name="indexes">Gets each value's index in <see cref="Distinct"/>.</param>
    /// <returns>False: there are so many that a dictionary does not pay.</returns>
    public bool TryNumber(ReadOnlySpan<long> values, Span<int> indexes)
    {
        Array.Clear(_slots);
        _count = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var at = (int)((ulong)values[i] * 0x9E3779B97F4A7C15 >> 48) & Mask;
            for (var probe = 0; _slots[at] != 0 && _distinct[_slots[at] - 1] != values[i]; probe++)
            {
                if (probe == ProbesMax)
                {
                    return false;
                }
                at = (at + 1) & Mask;
            }
            if (_slots[at] == 0)
            {
                if (_count == DistinctMax || (i == TriedBeforeGivingUp && _count > TriedBeforeGivingUp * 3 / 4))
                {
                    return false;
                }
                _distinct[_count++] = values[i];
                _slots[at] = _count;
            }
            indexes[i] = _slots[at] - 1;
        }
        return _count > 0;
    }
}
