namespace Millrace.Log;

/// <summary>One segment by its own bytes alone, for people who look for damage: readers of a log also know how far it
/// was durable, and what other segments say.</summary>
/// <remarks>Not thread safe.</remarks>
public sealed class SegmentWalk : IDisposable
{
    private readonly SegmentView _view;

    private SegmentWalk(SegmentView view)
    {
        _view = view;
        End = view.Segment.Base;
    }

    /// <summary>The file, with its header.</summary>
    public LogSegment Segment => _view.Segment;

    /// <summary>Exclusive end of the last valid record met so far; the base before any.</summary>
    public long End { get; private set; }

    /// <summary>True once <see cref="Items"/> has ended, if there is more than zeros behind <see cref="End"/>: a torn
    /// last write, records of a former use of the file, or damage up to the end.</summary>
    public bool HasTail { get; private set; }

    /// <summary>Opens a segment file.</summary>
    /// <returns>Null: the file is not named like a segment.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="NewerFormatException">A newer Millrace wrote it.</exception>
    public static SegmentWalk? Open(IDisk disk, string path)
    {
        ArgumentNullException.ThrowIfNull(disk);
        ArgumentNullException.ThrowIfNull(path);
        return SegmentName.Parse(Path.GetFileName(path)) is { } name
            ? new SegmentWalk(SegmentView.Open(disk, Path.GetDirectoryName(Path.GetFullPath(path))!, name)) : null;
    }

    /// <summary>Records in order, and the damage between them; none without a header. An item is valid until the
    /// next.</summary>
    public IEnumerable<LogItem> Items()
    {
        if (_view.Header is not { } header)
        {
            yield break;
        }
        (long received, long events) = (header.ReceivedMin, header.FirstEvent);
        while (true)
        {
            var bound = new Bound(Segment.End, received, events);
            if (!_view.TryRead(End, bound, out StoredRecord record))
            {
                if (!_view.TryFind(End, bound, out record))
                {
                    break;
                }
                yield return new LogItem(new LogDamage(
                    End, record.Header.Offset, record.Header.FirstEvent - events, LogDamageKind.Records)
                {
                    ReceivedMicros = received,
                });
                End = record.Header.Offset;
                continue;
            }
            End = record.End;
            (received, events) = (record.Header.Received, record.Header.FirstEvent + record.Header.Events);
            yield return new LogItem(new LogRecord(record, header));
        }
        HasTail = !_view.IsBlank(End);
    }

    public void Dispose() => _view.Dispose();
}
