using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace Millrace.Refine;

/// <summary>A sealed run of ids on disk, opened for lookups (docs/formats/ids.md).</summary>
/// <remarks>
/// Mapped into memory; its filter is copied into memory of its own while the budget lasts, and else read through the
/// map. Any number of threads may look up, none while or after it is disposed. Hot path.
/// </remarks>
internal sealed unsafe class IdRun : IDisposable
{
    // Ids are uniform: among n of them a lookup starts wrong by about sqrt(n) / 2 entries.
    private const long FirstStep = 64;
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
        var fileBytes = new FileInfo(path).Length;
        if (fileBytes == 0)
        {
            throw IdRunException.Damaged(path, "it is empty");
        }
        _map = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        _view = _map.CreateViewAccessor(0, fileBytes, MemoryMappedFileAccess.Read);
        try
        {
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _file);
            var start = new ReadOnlySpan<byte>(_file, (int)Math.Min(fileBytes, IdRunHeader.Bytes));
            _header = IdRunHeader.Read(start, fileBytes, path);
            if (_header.KeyCheck != keyCheck)
            {
                throw IdRunException.OtherKey(path);
            }
            _isFilterCopied = budget.TryTake(_header.FilterBytes);
            _filter = _isFilterCopied ? CopyFilter() : _file + _header.FilterAt;
        }
        catch
        {
            Unmap();
            throw;
        }
    }

    public string Path { get; }

    public IdRunRange Range => _header.Range;

    public long Count => _header.Count;

    public ulong KeyCheck => _header.KeyCheck;

    /// <summary>Opens a run; its entries are not read.</summary>
    /// <param name="path">The file.</param>
    /// <param name="keyCheck"><see cref="IdHash.KeyCheck"/> of the catalog's key.</param>
    /// <param name="budget">Memory for filters.</param>
    /// <exception cref="IdRunException">It is damaged, newer, or made with another key.</exception>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static IdRun Open(string path, ulong keyCheck, IdFilterBudget budget) => new(path, keyCheck, budget);

    /// <summary>Looks an id up.</summary>
    /// <param name="id">The id.</param>
    /// <param name="offset">Offset of the record that claimed it first.</param>
    public bool TryFind(UInt128 id, out long offset)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        offset = 0;
        var high = (ulong)(id >> 64);
        var block = IdFilter.Block(high, _header.FilterBytes / IdFilter.BlockBytes);
        var bits = new ReadOnlySpan<byte>(_filter + block * IdFilter.BlockBytes, IdFilter.BlockBytes);
        return IdFilter.MayHold(bits, high) && TrySearch(id, out offset);
    }

    /// <summary>All entries in order; checks their checksum on the way.</summary>
    /// <exception cref="IdRunException">After the last entry: they are damaged.</exception>
    public IEnumerable<IdEntry> Entries()
    {
        var crc = default(Crc32C);
        for (var index = 0L; index < Count; index++)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            crc.Append(Bytes(index));
            yield return Entry(index);
        }
        if (crc.Value != _header.EntriesCrc)
        {
            throw IdRunException.Damaged(Path, "the checksum of its entries is wrong");
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
        Unmap();
    }

    private byte* CopyFilter()
    {
        var copy = (byte*)NativeMemory.AlignedAlloc((nuint)_header.FilterBytes, IdFilter.BlockBytes);
        var crc = default(Crc32C);
        for (var at = 0L; at < _header.FilterBytes; at += ChecksumPieceBytes)
        {
            var length = (int)Math.Min(ChecksumPieceBytes, _header.FilterBytes - at);
            var piece = new Span<byte>(copy + at, length);
            new ReadOnlySpan<byte>(_file + _header.FilterAt + at, length).CopyTo(piece);
            crc.Append(piece);
        }
        if (crc.Value != _header.FilterCrc)
        {
            NativeMemory.AlignedFree(copy);
            _budget.Return(_header.FilterBytes);
            throw IdRunException.Damaged(Path, "the checksum of its filter is wrong");
        }
        return copy;
    }

    /// <summary>Steps away from where a uniform id would stand, in doubling steps, then halves what lies
    /// between.</summary>
    private bool TrySearch(UInt128 id, out long offset)
    {
        offset = 0;
        if (Count == 0)
        {
            return false;
        }
        var guess = (long)((UInt128)(ulong)(id >> 64) * (ulong)Count >> 64);
        var (low, high) = (guess, guess + 1);
        for (var step = FirstStep; low > 0 && Entry(low).Id > id; step *= 2)
        {
            low = Math.Max(0, low - step);
        }
        for (var step = FirstStep; high < Count && Entry(high).Id <= id; step *= 2)
        {
            high = Math.Min(Count, high + step);
        }
        while (high - low > 1)
        {
            var middle = low + (high - low) / 2;
            (low, high) = Entry(middle).Id <= id ? (middle, high) : (low, middle);
        }
        var found = Entry(low);
        offset = found.Offset;
        return found.Id == id;
    }

    private IdEntry Entry(long index)
    {
        var bytes = Bytes(index);
        return new IdEntry(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]));
    }

    private ReadOnlySpan<byte> Bytes(long index) =>
        new(_file + IdRunHeader.PageBytes + index * IdRunHeader.EntryBytes, IdRunHeader.EntryBytes);

    private void Unmap()
    {
        if (_file is not null)
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
        _view.Dispose();
        _map.Dispose();
    }
}
