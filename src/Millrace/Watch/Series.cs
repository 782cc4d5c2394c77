namespace Millrace.Watch;

/// <summary>The figures of one instrument with one set of tags. Thread safe.</summary>
/// <param name="bounds">Upper bounds of a histogram's buckets, ascending; empty: no histogram.</param>
internal sealed class Series(double[] bounds)
{
    private readonly Lock _lock = new();
    private readonly long[] _buckets = new long[bounds.Length + 1];
    private double _sum;

    /// <summary>Adds to a counter, or an observation to a histogram.</summary>
    public void Add(double value)
    {
        lock (_lock)
        {
            _sum += value;
            if (bounds.Length > 0)
            {
                var at = Array.BinarySearch(bounds, value);
                _buckets[at < 0 ? ~at : at]++;
            }
        }
    }

    /// <summary>Replaces what was observed before.</summary>
    public void Set(double value)
    {
        lock (_lock)
        {
            _sum = value;
        }
    }

    /// <summary>The sum and, of a histogram, the observations up to each bound, the last being all of them.</summary>
    public (double Sum, long[] Cumulative) Read()
    {
        lock (_lock)
        {
            var cumulative = (long[])_buckets.Clone();
            for (var at = 1; at < cumulative.Length; at++)
            {
                cumulative[at] += cumulative[at - 1];
            }
            return (_sum, cumulative);
        }
    }
}
