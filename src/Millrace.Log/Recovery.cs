using System.Buffers;

namespace Millrace.Log;

/// <summary>What a starting writer continues.</summary>
/// <param name="Base">First offset of the segment to open.</param>
/// <param name="Before">Where the log stands before it; without the stamp.</param>
/// <param name="IsBlank">The last segment is the one to open: nothing was ever written to it.</param>
internal sealed record RecoveredLog(long Base, LogTip Before, bool IsBlank = false);

/// <summary>Finds where a log ended (docs/formats/log.md, "Base", "Reading" and "Recovery").</summary>
internal static class Recovery
{
    private const int CopyBytes = 1 << 20;
    private const long LostLogStride = 1L << 40;

    /// <exception cref="NewerFormatException">The last segment was written by a newer Millrace.</exception>
    public static RecoveredLog Run(LogOptions options, IDisk disk, LogPosition synced)
    {
        long given = Math.Max(options.FirstOffsetMin, synced.Offset);
        List<SegmentName> names = LogSegments.Names(disk, options.Directory);
        if (names.Count == 0)
        {
            long start = given == 0 ? 0 : ((given / LostLogStride) + 1) * LostLogStride;
            return new RecoveredLog(start, new LogTip(start, 0, 0) { LogStart = start });
        }
        using SegmentView last = SegmentView.Open(disk, options.Directory, names[^1]);
        if (last.Header is { } blank && given <= blank.Base
            && last.Segment.FileBytes == options.SegmentBytes && last.IsBlank())
        {
            return new RecoveredLog(blank.Base, Before(blank) with { End = blank.PreviousEnd }, IsBlank: true);
        }
        RecoveredLog found = last.Header is { } header
            ? Continue(disk, last, header, synced)
            : Skip(options, disk, names, synced);
        // A killed process may have left its name in the cache only: were it gone with the power after readers were
        // told of its beginning, what is before it would seem to miss its end.
        disk.SyncDirectory(options.Directory);
        return found with { Base = SegmentHeader.Align(Math.Max(found.Base, given)) };
    }

    private static RecoveredLog Continue(IDisk disk, SegmentView last, SegmentHeader header, LogPosition synced)
    {
        Tail tail = FindTail(last, header, synced);
        MakeDurable(disk, last.Segment, tail);
        return new RecoveredLog(header.End, tail.Tip);
    }

    /// <summary>The last segment lost both its headers: all of it counts as damage, the numbers go on from before
    /// it.</summary>
    private static RecoveredLog Skip(LogOptions options, IDisk disk, List<SegmentName> names, LogPosition synced)
    {
        long end = names[^1].End;
        for (int i = names.Count - 2; i >= 0; i--)
        {
            using SegmentView earlier = SegmentView.Open(disk, options.Directory, names[i]);
            if (earlier.Header is { } header)
            {
                LogTip tip = FindTail(earlier, header, synced).Tip;
                return new RecoveredLog(end, tip with { End = end, Events = Math.Max(tip.Events, synced.Events) });
            }
        }
        var unknown = new LogTip(end, synced.Events, 0) { LogStart = SegmentHeader.Align(end) };
        return new RecoveredLog(end, unknown);
    }

    /// <summary>
    /// The end of the records that may have been acknowledged. A hole is damage, to be passed over and counted, if what
    /// stood there had been durable: a record behind it says so, or <c>synced</c>. Otherwise it is the trace of a torn
    /// last write, which was never acknowledged, and the log ends before it.
    /// </summary>
    private static Tail FindTail(SegmentView view, SegmentHeader header, LogPosition synced)
    {
        var tail = new Tail(Before(header), header.Base);
        var holes = new Queue<Tail>();
        for (long at = header.Base; ;)
        {
            var bound = new Bound(header.End, tail.Tip.Received, tail.Tip.Events);
            if (!view.TryRead(at, bound, out StoredRecord record))
            {
                if (!view.TryFind(at, bound, out record))
                {
                    break;
                }
                holes.Enqueue(tail);
            }
            while (holes.TryPeek(out Tail? hole)
                && (hole.Tip.End < record.Header.DurableBefore || record.End <= synced.Offset))
            {
                holes.Dequeue();
            }
            at = record.End;
            tail = Behind(record, tail.Tip);
        }
        tail = holes.TryPeek(out Tail? torn) ? torn : tail;
        bool endIsDamaged = synced.Offset > tail.Tip.End && synced.Offset <= header.End;
        return endIsDamaged ? tail with { Tip = tail.Tip with { End = synced.Offset, Events = synced.Events } } : tail;
    }

    private static LogTip Before(SegmentHeader header) => new(header.Base, header.FirstEvent, header.ReceivedMin)
    {
        Stamps = header.Stamps,
        LogStart = header.LogStart,
    };

    private static Tail Behind(StoredRecord record, LogTip tip)
    {
        RecordHeader header = record.Header;
        LogTip behind = tip with
        {
            End = record.End,
            Events = header.FirstEvent + header.Events,
            Received = header.Received,
            Stamps = header.Stamps,
        };
        return new Tail(behind, header.DurableBefore);
    }

    /// <summary>
    /// Writes what may not be durable again and syncs. A killed process may have left it in the page cache only, and
    /// after a failed sync the cache holds pages that the kernel believes clean: a sync alone would not save them.
    /// </summary>
    private static void MakeDurable(IDisk disk, LogSegment segment, Tail tail)
    {
        using IDiskFile file = disk.Open(segment.Path, FileAccess.ReadWrite);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        try
        {
            for (long at = tail.DurableBefore; at < tail.Tip.End;)
            {
                long position = SegmentHeader.AreaBytes + at - segment.Base;
                int count = file.Read(buffer.AsSpan(0, (int)Math.Min(CopyBytes, tail.Tip.End - at)), position);
                if (count == 0)
                {
                    break;
                }
                file.Write(buffer.AsSpan(0, count), position);
                at += count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        file.SyncData();
    }

    /// <summary>The state behind a record, and the offset before which all was durable when it was written.</summary>
    private sealed record Tail(LogTip Tip, long DurableBefore);
}
