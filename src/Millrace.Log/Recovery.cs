using System.Buffers;

namespace Millrace.Log;

/// <summary>What a starting writer continues.</summary>
/// <param name="Base">First offset of the segment to open.</param>
/// <param name="Before">Where the log stands before it; no stamp.</param>
/// <param name="BlankPath">The last segment if nothing was ever written to it: its offsets are free, its file is a spare.</param>
internal sealed record RecoveredLog(long Base, LogTip Before, string? BlankPath);

/// <summary>Finds where a log ended (docs/formats/log.md, "Recovery").</summary>
internal static class Recovery
{
    private const int CopyBytes = 1 << 20;

    /// <exception cref="NewerFormatException">The last segment was written by a newer Millrace.</exception>
    public static RecoveredLog Run(LogOptions options, IDisk disk, long syncedEnd)
    {
        List<long> bases = LogSegments.Bases(disk, options.Directory);
        if (bases.Count == 0)
        {
            return new RecoveredLog(options.FirstOffsetMin, new LogTip(options.FirstOffsetMin, 0, 0, default), null);
        }
        using SegmentView last = SegmentView.Open(disk, options.Directory, bases[^1]);
        RecoveredLog found = last.Segment.Header is { } header
            ? Continue(disk, last, header, syncedEnd)
            : Skip(options, disk, bases, syncedEnd);
        return found with { Base = Math.Max(found.Base, options.FirstOffsetMin) };
    }

    private static RecoveredLog Continue(IDisk disk, SegmentView last, SegmentHeader header, long syncedEnd)
    {
        Tail tail = FindTail(last, header, syncedEnd);
        if (tail.End == header.Base && last.IsBlank())
        {
            var before = new LogTip(header.PreviousEnd, header.FirstEvent, header.ReceivedMin, default);
            return new RecoveredLog(header.Base, before, last.Segment.Path);
        }
        MakeDurable(disk, last.Segment, tail);
        return new RecoveredLog(header.End, new LogTip(tail.End, tail.Events, tail.Received, default), null);
    }

    /// <summary>The last segment lost both its headers: all of it counts as damage, the numbers go on from before it.</summary>
    private static RecoveredLog Skip(LogOptions options, IDisk disk, List<long> bases, long syncedEnd)
    {
        long fileBytes = Math.Max(options.SegmentBytes, LogSegments.Open(disk, options.Directory, bases[^1]).FileBytes);
        long end = Math.Max(bases[^1] + ((fileBytes - SegmentHeader.AreaBytes + 7) & ~7L), (syncedEnd + 7) & ~7L);
        for (int i = bases.Count - 2; i >= 0; i--)
        {
            using SegmentView earlier = SegmentView.Open(disk, options.Directory, bases[i]);
            if (earlier.Segment.Header is { } header)
            {
                Tail tail = FindTail(earlier, header, syncedEnd);
                return new RecoveredLog(end, new LogTip(end, tail.Events, tail.Received, default), null);
            }
        }
        return new RecoveredLog(end, new LogTip(end, 0, 0, default), null);
    }

    /// <summary>
    /// The end of the records that may have been acknowledged. A hole is damage, to be passed over and counted, if what
    /// stood there had been synced: a later group was begun, or <c>synced</c> says so. Otherwise it is the trace of a
    /// torn last write, which was never acknowledged, and the log ends before it.
    /// </summary>
    private static Tail FindTail(SegmentView view, SegmentHeader header, long syncedEnd)
    {
        var tail = new Tail(header.Base, header.FirstEvent, header.ReceivedMin, header.Base);
        var holes = new Queue<Tail>();
        for (long at = header.Base; ;)
        {
            if (!view.TryRead(at, header.End, out RecordHeader record, out ReadOnlyMemory<byte> payload))
            {
                at = view.Find(at + 8, header.End);
                if (at < 0)
                {
                    break;
                }
                holes.Enqueue(tail);
                continue;
            }
            at += RecordHeader.PaddedBytes(RecordHeader.Bytes + payload.Length);
            while (holes.TryPeek(out Tail? hole) && (hole.End < record.GroupStart || at <= syncedEnd))
            {
                holes.Dequeue();
            }
            tail = new Tail(at, record.FirstEvent + record.Events, record.Received, record.GroupStart);
        }
        tail = holes.TryPeek(out Tail? torn) ? torn : tail;
        bool endIsDamaged = syncedEnd > tail.End && syncedEnd <= header.End;
        return endIsDamaged ? tail with { End = syncedEnd } : tail;
    }

    /// <summary>
    /// Writes the last group again and syncs. A killed process may have left it in the page cache only, and after a
    /// failed sync the cache holds pages that the kernel believes clean: a sync alone would not bring them to the disk.
    /// </summary>
    private static void MakeDurable(IDisk disk, LogSegment segment, Tail tail)
    {
        using IDiskFile file = disk.Open(segment.Path, FileAccess.ReadWrite);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        try
        {
            for (long at = tail.GroupStart; at < tail.End;)
            {
                long position = SegmentHeader.AreaBytes + at - segment.Base;
                int count = file.Read(buffer.AsSpan(0, (int)Math.Min(CopyBytes, tail.End - at)), position);
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

    /// <summary>The state behind a record, and where the group of that record began.</summary>
    private sealed record Tail(long End, long Events, long Received, long GroupStart);
}
