using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Millrace.Log;

namespace Millrace.Refine;

/// <summary>A sealed run of ids on disk, opened for lookups (docs/formats/ids.md).</summary>
/// <remarks>
/// Mapped into memory; its filter is copied into memory of its own while the budget lasts, and else read through the
/// map. Any number of threads may look up, none while or after it is disposed. Hot path.
/// </remarks>
internal sealed unsafe class IdRun : IDisposable
{
    // Uniform ids are found at the second or third probe; ids that are not must not cost more than halving.
    private const int GuessesMax = 4;
    private const int ChecksumPieceBytes = 1 << 20;

    private readonly IdRunHeader _header;
    private readonly IdFilterBudget _budget;
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _file;
    private readonly byte* _filter;
    private readonly bool _isFilterCopied;
    private bool _isDisposed;

    private IdRun(string path, ulong keyCheck, IdFilterBudget budget)
    {
        Path = path;
        _budget = budget;
        using var file = File.OpenHandle(path);
        Span<byte> start = stackalloc byte[IdRunHeader.Bytes];
        var fileBytes = RandomAccess.GetLength(file);
        _header = IdRunHeader.Read(start[..RandomAccess.Read(file, start, 0)], fileBytes, path);
        if (_header.KeyCheck != keyCheck)
        {
            throw IdRunException.OtherKey(path);
        }
        _map = MemoryMappedFile.CreateFromFile(
            file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        _view = _map.CreateViewAccessor(0, fileBytes, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _file);
        _filter = _file + _header.FilterAt;
        _isFilterCopied = budget.TryTake(_header.FilterBytes);
        if (_isFilterCopied)
        {
            _filter = (byte*)NativeMemory.AlignedAlloc((nuint)_header.FilterBytes, IdFilter.BlockBytes);
        }
        if (ReadFilter() != _header.FilterCrc)
        {
            Dispose();
            throw IdRunException.Damaged(path, "the checksum of its filter is wrong");
        }
    }

    public string Path { get; }

    public IdRunRange Range => _header.Range;

    public long Count => _header.Count;

    public ulong KeyCheck => _header.KeyCheck;

    /// <summary>Opens a run: its header and its filter are read and checked, its entries are not.</summary>
    /// <param name="path">The file.</param>
    /// <param name="keyCheck"><see cref="IdHash.KeyCheck"/> of the catalog's key.</param>
    /// <param name="budget">Memory for filters.</param>
    /// <exception cref="IdRunException">It is damaged, newer, or made with another key.</exception>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static IdRun Open(string path, ulong keyCheck, IdFilterBudget budget) => new(path, keyCheck, budget);

    /// <summary>Looks an id up.</summary>
    /// <param name="id">The id.</param>
    /// <param name="offset">Offset of the record that claimed it first.</param>
    /// <exception cref="IdRunException">A page that had to be read is damaged: whether the id is new is not
    /// known.</exception>
    public bool TryFind(UInt128 id, out long offset)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        offset = 0;
        var high = (ulong)(id >> 64);
        var block = IdFilter.Block(high, _header.FilterBytes / IdFilter.BlockBytes);
        var bits = new ReadOnlySpan<byte>(_filter + block * IdFilter.BlockBytes, IdFilter.BlockBytes);
        return IdFilter.MayHold(bits, high) && TrySearch(id, out offset);
    }

    /// <summary>All entries in order, each page checked before its first.</summary>
    /// <exception cref="IdRunException">In the course of it: a page is damaged.</exception>
    public IEnumerable<IdEntry> Entries()
    {
        for (var index = 0L; index < Count; index++)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (index % IdRunHeader.EntriesPerPage == 0)
            {
                CheckPage(index / IdRunHeader.EntriesPerPage);
            }
            yield return Entry(index);
        }
    }

    /// <summary>Reads every page.</summary>
    /// <exception cref="IdRunException">One is damaged, or its ids do not ascend.</exception>
    public void CheckEntries()
    {
        IdEntry? last = null;
        foreach (var entry in Entries())
        {
            if (last is { } before && before.Id >= entry.Id)
            {
                throw IdRunException.Damaged(Path, "its ids do not ascend");
            }
            last = entry;
        }
    }

    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }
        _isDisposed = true;
        if (_isFilterCopied)
        {
            NativeMemory.AlignedFree(_filter);
            _budget.Return(_header.FilterBytes);
        }
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
    }

    /// <summary>Reads the filter in order, into its copy if there is one.</summary>
    /// <returns>Its checksum, in the memory that look-ups will use.</returns>
    private uint ReadFilter()
    {
        var crc = Crc32C.Begin;
        for (var at = 0L; at < _header.FilterBytes; at += ChecksumPieceBytes)
        {
            var piece = new Span<byte>(_filter + at, (int)Math.Min(ChecksumPieceBytes, _header.FilterBytes - at));
            if (_isFilterCopied)
            {
                new ReadOnlySpan<byte>(_file + _header.FilterAt + at, piece.Length).CopyTo(piece);
            }
            crc = Crc32C.Append(crc, piece);
        }
        return Crc32C.Finish(crc);
    }

    /// <summary>Probes the page where a uniform id would stand, then where it would stand seen from there.</summary>
    private bool TrySearch(UInt128 id, out long offset)
    {
        var high = (ulong)(id >> 64);
        var (from, to) = (0L, IdRunHeader.Pages(Count));
        var guess = EntriesBetween(0, high);
        for (var probe = 0; from < to; probe++)
        {
            var page = probe < GuessesMax
                ? Math.Clamp(guess / IdRunHeader.EntriesPerPage, from, to - 1) : from + (to - from) / 2;
            CheckPage(page);
            var (first, last) = EntriesOf(page);
            if (id < Entry(first).Id)
            {
                to = page;
                guess = first - EntriesBetween(high, Entry(first).High);
            }
            else if (id > Entry(last).Id)
            {
                from = page + 1;
                guess = last + EntriesBetween(Entry(last).High, high);
            }
            else
            {
                return TrySearchPage(id, first, last, out offset);
            }
        }
        offset = 0;
        return false;
    }

    private bool TrySearchPage(UInt128 id, long first, long last, out long offset)
    {
        while (first < last)
        {
            var middle = first + (last - first) / 2;
            (first, last) = Entry(middle).Id < id ? (middle + 1, last) : (first, middle);
        }
        var found = Entry(first);
        offset = found.Offset;
        return found.Id == id;
    }

    /// <summary>How many uniform ids to expect between two.</summary>
    private long EntriesBetween(ulong lower, ulong upper) => (long)((UInt128)(upper - lower) * (ulong)Count >> 64);

    private (long First, long Last) EntriesOf(long page)
    {
        var first = page * IdRunHeader.EntriesPerPage;
        return (first, Math.Min(first + IdRunHeader.EntriesPerPage, Count) - 1);
    }

    private void CheckPage(long page)
    {
        var bytes = Page(page);
        var crc = BinaryPrimitives.ReadUInt32LittleEndian(bytes[IdRunHeader.PageCrcAt..]);
        if (crc != Crc32C.Of(bytes[..IdRunHeader.PageCrcAt]))
        {
            throw IdRunException.Damaged(Path, $"the checksum of page {page} of its entries is wrong");
        }
    }

    private IdEntry Entry(long index)
    {
        var (page, place) = Math.DivRem(index, IdRunHeader.EntriesPerPage);
        var bytes = Page(page).Slice((int)place * IdRunHeader.EntryBytes, IdRunHeader.EntryBytes);
        return new IdEntry(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]));
    }

    private ReadOnlySpan<byte> Page(long page) =>
        new(_file + (1 + page) * IdRunHeader.PageBytes, IdRunHeader.PageBytes);
}
