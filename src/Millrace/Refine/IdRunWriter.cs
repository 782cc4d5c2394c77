using System.Buffers.Binary;
using Millrace.Log;

namespace Millrace.Refine;

/// <summary>What a run is to hold.</summary>
/// <param name="Range">The records covered.</param>
/// <param name="KeyCheck"><see cref="IdHash.KeyCheck"/> of the key that made the ids.</param>
/// <param name="CountMax">At least as many as <paramref name="Entries"/> has; more only wastes room.</param>
/// <param name="Entries">Ascending by id, each id once.</param>
internal sealed record IdRunContent(IdRunRange Range, ulong KeyCheck, long CountMax, IEnumerable<IdEntry> Entries);

/// <summary>Writes an id run (docs/formats/ids.md) in one pass and with small buffers, however long it is.</summary>
/// <remarks>
/// <code>
///      0 ├─ header 128, zeros to 4,096 ─┤
///  4,096 ├─ pages of 4,096: 170 entries (u64 high │ u64 low │ u64 offset) │ 4,080 crc u32 │ 4,084 zeros 12 ─┤
///      … ├─ filter, blocks of 32 ─┤
/// </code>
/// </remarks>
internal sealed class IdRunWriter
{
    private readonly Section _pages;
    private readonly Section _filter;
    private readonly long _blocks;
    private readonly byte[] _page = new byte[IdRunHeader.PageBytes];
    private readonly byte[] _block = new byte[IdFilter.BlockBytes];
    private int _pageUsed;
    private long _blockIndex;
    private uint _filterCrc = Crc32C.Begin;

    private IdRunWriter(IDiskFile file, long countMax)
    {
        _blocks = IdFilter.Blocks(countMax);
        _pages = new Section(file, IdRunHeader.PageBytes);
        _filter = new Section(file, IdRunHeader.FilterStart(countMax));
    }

    /// <summary>Writes a run and makes it durable.</summary>
    /// <returns>Its path. A file of that name is replaced.</returns>
    /// <exception cref="IOException">The disk failed; nothing of that name has come into being.</exception>
    public static string Write(IDisk disk, string directory, IdRunContent content)
    {
        var path = Path.Combine(directory, content.Range.FileName);
        var temporary = path + ".tmp";
        disk.Delete(temporary);
        using (var file = disk.Create(temporary))
        {
            new IdRunWriter(file, content.CountMax).WriteTo(file, content);
            file.SyncData();
        }
        disk.Rename(temporary, path);
        disk.SyncDirectory(directory);
        return path;
    }

    private void WriteTo(IDiskFile file, IdRunContent content)
    {
        var filterAt = IdRunHeader.FilterStart(content.CountMax);
        var filterBytes = _blocks * IdFilter.BlockBytes;
        file.SetLength(filterAt + filterBytes);
        var count = WriteEntries(content);
        var header = new IdRunHeader
        {
            Range = content.Range, KeyCheck = content.KeyCheck, Count = count, FilterAt = filterAt,
            FilterBytes = filterBytes, FilterCrc = Crc32C.Finish(_filterCrc),
        };
        Span<byte> headerBytes = stackalloc byte[IdRunHeader.Bytes];
        header.Write(headerBytes);
        file.Write(headerBytes, 0);
    }

    private long WriteEntries(IdRunContent content)
    {
        var count = 0L;
        var last = default(IdEntry);
        foreach (var entry in content.Entries)
        {
            if (count > 0 && last.Id >= entry.Id)
            {
                throw new ArgumentException("The entries of an id run must ascend.", nameof(content));
            }
            // Before it is written: one more could stand where the filter begins.
            ArgumentOutOfRangeException.ThrowIfEqual(count, content.CountMax, nameof(content));
            last = entry;
            count++;
            AddToPage(entry);
            FinishBlocksBefore(IdFilter.Block(entry.High, _blocks));
            IdFilter.Add(_block, entry.High);
        }
        FinishPage();
        FinishBlocksBefore(_blocks);
        _pages.Flush();
        _filter.Flush();
        return count;
    }

    private void AddToPage(in IdEntry entry)
    {
        var bytes = _page.AsSpan(_pageUsed, IdRunHeader.EntryBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, entry.High);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], entry.Low);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], entry.Offset);
        _pageUsed += IdRunHeader.EntryBytes;
        if (_pageUsed == IdRunHeader.PageCrcAt)
        {
            FinishPage();
        }
    }

    private void FinishPage()
    {
        if (_pageUsed == 0)
        {
            return;
        }
        BinaryPrimitives.WriteUInt32LittleEndian(
            _page.AsSpan(IdRunHeader.PageCrcAt), Crc32C.Of(_page.AsSpan(0, IdRunHeader.PageCrcAt)));
        _pages.Append(_page);
        Array.Clear(_page);
        _pageUsed = 0;
    }

    private void FinishBlocksBefore(long block)
    {
        for (; _blockIndex < block; _blockIndex++)
        {
            _filterCrc = Crc32C.Append(_filterCrc, _block);
            _filter.Append(_block);
            Array.Clear(_block);
        }
    }

    /// <summary>A part of the file that grows from its start.</summary>
    private sealed class Section(IDiskFile file, long position)
    {
        private readonly byte[] _buffer = new byte[64 * 1024];
        private int _used;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            if (_buffer.Length - _used < bytes.Length)
            {
                Flush();
            }
            bytes.CopyTo(_buffer.AsSpan(_used));
            _used += bytes.Length;
        }

        public void Flush()
        {
            file.Write(_buffer.AsSpan(0, _used), position);
            position += _used;
            _used = 0;
        }
    }
}
