namespace Millrace.Generate;

/// <summary>Things of which each is drawn by its weight.</summary>
internal sealed class WeightedList<T>
{
    private readonly T[] _items;
    private readonly double[] _upTo;

    public WeightedList(IEnumerable<T> items, Func<T, int> weight)
    {
        _items = [.. items];
        double total = _items.Sum(weight);
        var sum = 0;
        _upTo = [.. _items.Select(item => (sum += weight(item)) / total)];
    }

    /// <summary>The item of a number that is uniform in [0, 1).</summary>
    public T Of(double unit)
    {
        var found = Array.BinarySearch(_upTo, unit);
        return _items[Math.Min(found < 0 ? ~found : found + 1, _items.Length - 1)];
    }
}
