using System.Text;
using Millrace.DuckDb;
using Millrace.Events;
using Millrace.Refine;

namespace Millrace.Lake;

/// <summary>Rows refined since the last hot segment, in tables of an in-memory DuckDB.</summary>
/// <remarks>Hot path. Column ordinals are field ids − 1. Not thread safe: it belongs to the lake's loop.</remarks>
internal sealed class FreshRows : IRowSink, IDisposable
{
    private static readonly EventColumn[] TextColumns =
        [.. EventColumns.All.Where(c => EventColumns.Type(c) == ColumnType.Text)];

    private readonly byte[] _node;
    private readonly Connection _connection;
    private readonly ChunkAppender _events;
    private readonly ChunkAppender _failed;
    private readonly Utf8Names _names = new();
    private byte[] _payload = new byte[4096];
    private byte[] _envelope = new byte[1024];
    private long _storedRows;
    private long _failedRows;

    public FreshRows(Connection connection, string node)
    {
        _connection = connection;
        _node = Encoding.ASCII.GetBytes(node);
        foreach (var table in new[] { LakeTable.Events, LakeTable.FailedEvents })
        {
            connection.Execute($"CREATE TABLE {table.Name} ({table.Columns})");
        }
        _events = connection.Append(LakeTable.Events.Name);
        _failed = connection.Append(LakeTable.FailedEvents.Name);
    }

    /// <summary>Rows waiting for a hot segment.</summary>
    public long Rows => _storedRows + _failedRows;

    /// <summary>Bytes of their text; more than their body had where a batch shares a context.</summary>
    public long Bytes { get; private set; }

    public required LakeMetrics Metrics { get; init; }

    /// <summary>Where the counts of the current generation go.</summary>
    public LedgerIncrements Ledger { get; set; } = new();

    /// <exception cref="RowsLostException">DuckDB did not take the row.</exception>
    public void Store(in Event stored)
    {
        try
        {
            AppendEvent(stored);
        }
        catch (DuckDbException exception)
        {
            throw new RowsLostException(exception);
        }
        _storedRows++;
        Bytes += stored.Raw.TextBytes;
    }

    /// <exception cref="RowsLostException">DuckDB did not take the row.</exception>
    public void Fail(in FailedEvent failed)
    {
        try
        {
            AppendFailed(failed);
        }
        catch (DuckDbException exception)
        {
            throw new RowsLostException(exception);
        }
        _failedRows++;
        Bytes += failed.Payload.Length;
    }

    public void Count(in ReceivedBatch batch, in LedgerCount count)
    {
        var envelope = batch.Envelope;
        Ledger.Add(
            new LedgerKey(
                LedgerIncrements.MinuteOf(batch.Received), _names.Get(envelope.Tenant), _names.Get(envelope.Source),
                _names.Get(envelope.Route), count.Outcome, count.Reason),
            count.Events, count.Bytes);
        Metrics.Refined(count.Outcome, count.Events);
    }

    /// <summary>Moves the rows into hot segments, one a table that has any. If writing fails the rows are still
    /// here.</summary>
    /// <exception cref="RowsLostException">DuckDB did not take the last rows.</exception>
    public IReadOnlyList<HotSegment> WriteHot(HotSegments hot, (long First, long End) range)
    {
        try
        {
            _events.Flush();
            _failed.Flush();
        }
        catch (DuckDbException exception)
        {
            throw new RowsLostException(exception);
        }
        var written = new List<HotSegment>();
        if (_storedRows > 0)
        {
            written.Add(hot.Write(_connection, LakeTable.Events, range) with { Rows = _storedRows });
        }
        if (_failedRows > 0)
        {
            written.Add(hot.Write(_connection, LakeTable.FailedEvents, range) with { Rows = _failedRows });
        }
        _connection.Execute("TRUNCATE events; TRUNCATE failed_events");
        (_storedRows, _failedRows, Bytes) = (0, 0, 0);
        return written;
    }

    public void Dispose()
    {
        _events.Dispose();
        _failed.Dispose();
    }

    private void AppendEvent(in Event stored)
    {
        var raw = stored.Raw;
        foreach (var column in TextColumns)
        {
            if (raw.Has(column))
            {
                _events.SetUtf8((int)column - 1, raw.Text(column));
            }
        }
        SetText(EventColumn.EventId, stored.Id);
        SetText(EventColumn.Tenant, stored.Batch.Envelope.Tenant);
        if (!stored.Batch.Envelope.Source.IsEmpty)
        {
            SetText(EventColumn.Source, stored.Batch.Envelope.Source);
        }
        SetText(EventColumn.Protocol, stored.Batch.Envelope.Protocol);
        SetText(EventColumn.Node, _node);
        Set(EventColumn.EventTime, stored.EventTime);
        Set(EventColumn.ReceivedTime, stored.Batch.Received);
        Set(EventColumn.LogOffset, stored.Batch.Offset);
        Set(EventColumn.BatchIndex, stored.Index);
        SetOptional(EventColumn.ClientTime, raw.ClientTime);
        SetOptional(EventColumn.SentTime, raw.SentTime);
        SetOptional(EventColumn.Latitude, raw.Latitude);
        SetOptional(EventColumn.Longitude, raw.Longitude);
        if (raw.IsBot is { } isBot)
        {
            Set(EventColumn.IsBot, isBot ? (byte)1 : (byte)0);
        }
        _events.EndRow();
    }

    private void AppendFailed(in FailedEvent failed)
    {
        var batch = failed.Batch;
        _failed.SetUtf8(0, FailedId(batch.Offset, failed.Index));
        _failed.SetUtf8(1, batch.Envelope.Tenant);
        if (!batch.Envelope.Source.IsEmpty)
        {
            _failed.SetUtf8(2, batch.Envelope.Source);
        }
        _failed.Set(3, batch.Received);
        _failed.SetUtf8(4, "decode"u8);
        _failed.SetUtf8(5, Encoding.UTF8.GetBytes(failed.Failure.Code));
        _failed.SetUtf8(6, Encoding.UTF8.GetBytes(failed.Failure.Reason));
        if (!failed.EventName.IsEmpty)
        {
            _failed.SetUtf8(7, failed.EventName);
        }
        _failed.SetUtf8(8, PlainPayload(failed.Payload));
        _failed.SetUtf8(9, _node);
        _failed.Set(10, batch.Offset);
        _failed.Set(11, failed.Index);
        if (failed.IsFirst)
        {
            // Once a record: a body of a million broken events with a large context must not become a million of them.
            _failed.SetUtf8(12, EnvelopeOf(failed));
        }
        _failed.EndRow();
    }

    private void SetText(EventColumn column, ReadOnlySpan<byte> text) => _events.SetUtf8((int)column - 1, text);

    private void Set<T>(EventColumn column, T value) where T : unmanaged => _events.Set((int)column - 1, value);

    private void SetOptional<T>(EventColumn column, T? value) where T : unmanaged
    {
        if (value is { } known)
        {
            Set(column, known);
        }
    }

    private byte[] FailedId(long offset, int index) =>
        Encoding.ASCII.GetBytes($"{Encoding.ASCII.GetString(_node)}-{offset}-{index}");

    /// <summary>The envelope as a replay needs it: what the record said,
    /// and what its body said of all its events.</summary>
    private ReadOnlySpan<byte> EnvelopeOf(in FailedEvent failed)
    {
        var envelope = failed.Batch.Envelope with { Shared = failed.Shared };
        var bytesMax = Envelope.BytesMax(envelope);
        if (_envelope.Length < bytesMax)
        {
            _envelope = new byte[bytesMax];
        }
        return _envelope.AsSpan(0, Envelope.Write(_envelope, EnvelopeKind.Batch, envelope));
    }

    /// <summary>Byte 0 says how the rest is kept; 0 is plain (docs/formats/tables.md).</summary>
    private ReadOnlySpan<byte> PlainPayload(ReadOnlySpan<byte> json)
    {
        if (_payload.Length < json.Length + 1)
        {
            _payload = new byte[json.Length + 1];
        }
        _payload[0] = 0;
        json.CopyTo(_payload.AsSpan(1));
        return _payload.AsSpan(0, json.Length + 1);
    }
}

/// <summary>DuckDB failed while it took rows: some of them are gone, and only reading the log again brings them back.
/// The process must stop.</summary>
internal sealed class RowsLostException(DuckDbException cause)
    : Exception(
        "Rows could not be held in memory until they are written; a restart reads them from the log again.", cause);
