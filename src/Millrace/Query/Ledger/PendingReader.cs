using System.Text;
using Millrace.Events;
using Millrace.Log;

namespace Millrace.Query;

/// <summary>Counts what the log holds at or past a position, by the headers of its records. Thread safe.</summary>
/// <remarks>What was counted is remembered until the position moves, so that each record is read once and not once a
/// call: up to <c>lake.commit_bytes</c> of log wait for a commit.</remarks>
internal sealed class PendingReader(string logDirectory, IDisk disk, string node, TimeProvider time) : IDisposable
{
    // One reads, the others wait and can be called off: they hold places of queries.
    private readonly SemaphoreSlim _turn = new(1);
    private Counts? _counts;

    /// <exception cref="FileNotFoundException">A segment was released while it was being opened.</exception>
    /// <exception cref="OperationCanceledException">Nobody wants to know any more.</exception>
    public async Task<PendingLog> ReadAsync(Func<string, long> positionOf, CancellationToken ct)
    {
        if (!Directory.Exists(logDirectory))
        {
            return new PendingLog([]);
        }
        var position = positionOf(node);
        await _turn.WaitAsync(ct);
        try
        {
            return await Task.Run(() => Count(position, ct), ct);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private PendingLog Count(long position, CancellationToken ct)
    {
        var counts = _counts?.From == position ? _counts : new Counts(position);
        if (_counts is null || position > _counts.From)
        {
            // Not backwards: a caller with an older snapshot must not make the next one read everything again.
            _counts = counts;
        }
        using var reader = LogReader.Open(logDirectory, disk, counts.Reached, time);
        counts.Add(reader, ct);
        return counts.ToLog();
    }

    /// <summary>Events from a position up to where the log was last read.</summary>
    private sealed class Counts(long from)
    {
        private const long MicrosPerMinute = 60_000_000;

        private readonly Dictionary<(long Minute, string Tenant), long> _events = [];
        private long _minute;
        private bool _isWhole = true;

        public long From => from;

        public LogPosition Reached { get; private set; } = from;

        public void Add(LogReader reader, CancellationToken ct)
        {
            while (reader.TryRead(out var item))
            {
                Add(item);
                // With the item: whoever stops in between goes on behind it.
                Reached = reader.Reached;
                ct.ThrowIfCancellationRequested();
            }
        }

        public PendingLog ToLog() => new([.. _events.Select(count => new PendingEvents(
            DateTimeOffset.UnixEpoch.AddMicroseconds(count.Key.Minute), count.Key.Tenant, count.Value))])
        {
            IsWhole = _isWhole,
        };

        private void Add(in LogItem item)
        {
            _isWhole &= item.Damage is null;
            var received = item.Damage?.ReceivedMicros ?? item.Record.ReceivedMicros;
            _minute = Math.Max(_minute, received / MicrosPerMinute * MicrosPerMinute);
            var (tenant, events) = item.Damage is { } damage ? ("", damage.Events) : CountOf(item.Record);
            if (events > 0)
            {
                _events[(_minute, tenant)] = _events.GetValueOrDefault((_minute, tenant)) + events;
            }
        }

        private static (string Tenant, long Events) CountOf(in LogRecord record) =>
            Envelope.TryRead(record.Payload, out var envelope) == EnvelopeState.Sound
                ? (Encoding.UTF8.GetString(envelope.Tenant), record.Events) : ("", record.Events);
    }
}
