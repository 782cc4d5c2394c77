using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Millrace.Watch;

/// <summary>How an instrument is shown.</summary>
internal enum InstrumentKind { Counter, Gauge, Histogram }

/// <summary>Every series of one instrument; bounded.</summary>
internal sealed class InstrumentSeries
{
    private static readonly double[] SecondsBounds =
        [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 2.5, 5, 10, 30, 60];

    private static readonly double[] OtherBounds =
        [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

    private readonly ConcurrentDictionary<TagSet, Series> _series = new();
    private readonly int _seriesMax;
    private readonly bool _isObserved;

    public InstrumentSeries(Instrument instrument, int seriesMax)
    {
        _seriesMax = seriesMax;
        Instrument = instrument;
        var type = instrument.GetType().GetGenericTypeDefinition();
        _isObserved = instrument.IsObservable || type == typeof(Gauge<>);
        Kind = type == typeof(Histogram<>) ? InstrumentKind.Histogram
            : type == typeof(Counter<>) || type == typeof(ObservableCounter<>) ? InstrumentKind.Counter
            : InstrumentKind.Gauge;
        Bounds = Kind != InstrumentKind.Histogram ? [] : instrument.Unit == "s" ? SecondsBounds : OtherBounds;
    }

    public Instrument Instrument { get; }

    public InstrumentKind Kind { get; }

    public double[] Bounds { get; }

    public IEnumerable<(TagSet Tags, Series Series)> Series => _series.Select(pair => (pair.Key, pair.Value));

    /// <summary>Hot path: no allocation for tags that were seen before.</summary>
    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var set = TagSet.Of(tags);
        if (!_series.TryGetValue(set, out var series))
        {
            // Count takes every lock of the dictionary: only for new tags.
            set = _series.Count < _seriesMax ? set : TagSet.Overflow;
            series = _series.GetOrAdd(set, _ => new Series(Bounds));
        }
        if (_isObserved)
        {
            series.Set(value);
        }
        else
        {
            series.Add(value);
        }
    }
}
