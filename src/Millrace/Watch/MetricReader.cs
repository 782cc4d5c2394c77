using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Millrace.Watch;

/// <summary>Listens to the meters of this application and keeps their figures until they are asked for. Thread
/// safe.</summary>
internal sealed class MetricReader : IDisposable
{
    private const string OurMeters = "Millrace.";

    private readonly ConcurrentBag<InstrumentSeries> _instruments = [];
    private readonly Lock _observing = new();
    private readonly MeterListener _listener = new();

    public MetricReader(IMeterFactory meters, WatchOptions options)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Meters are process-wide; the scope tells those of this application from another's in the same process.
            if (ReferenceEquals(instrument.Meter.Scope, meters)
                && instrument.Meter.Name.StartsWith(OurMeters, StringComparison.Ordinal))
            {
                var series = new InstrumentSeries(instrument, options.SeriesPerInstrumentMax);
                _instruments.Add(series);
                listener.EnableMeasurementEvents(instrument, series);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, state) => Record(state, value, tags));
        _listener.Start();
    }

    /// <summary>Every instrument there is, by name, with observed figures of now.</summary>
    public IReadOnlyList<InstrumentSeries> Read()
    {
        lock (_observing)
        {
            _listener.RecordObservableInstruments();
        }
        return [.. _instruments.OrderBy(series => series.Instrument.Name, StringComparer.Ordinal)];
    }

    public void Dispose() => _listener.Dispose();

    private static void Record(object? state, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        ((InstrumentSeries)state!).Record(value, tags);
}
