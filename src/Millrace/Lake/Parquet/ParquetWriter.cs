using System.Buffers;
using Millrace.DuckDb;
using Millrace.Iceberg;
using Millrace.Log;

namespace Millrace.Lake;

/// <summary>What is known of a Parquet file that was just written.</summary>
internal sealed record WrittenFile(long Rows, FileChecksum Checksum, DataFileStatistics Statistics);

/// <summary>Writes rows of the lake as Parquet files with field ids and statistics. Nothing is synced.</summary>
/// <remarks>
/// <code>
/// PAR1 · row groups · footer · length of the footer (4 bytes LE) · PAR1
/// row group      a chunk for each column, in schema order
/// chunk          dictionary page, if there is one · one data page; a page is a header (Thrift) and its content
/// </code>
/// Our own, because DuckDB would need the rows in its own vectors first and then sorts them whole: see
/// docs/decisions/011-a-parquet-writer-of-our-own.md. Not thread safe: its buffers are used again.
/// </remarks>
/// <param name="disk">Where the files go.</param>
/// <param name="zstd">Compresses pages; null: they stay as they are.</param>
internal sealed class ParquetWriter(IDisk disk, Zstd? zstd)
{
    /// <summary>Rows in a row group; small ones let readers skip by tenant.</summary>
    public const int RowGroupRows = 24_576;

    // Below this a page header costs more than compressing saves.
    private const int CompressedFromBytes = 64;
    private const int FlushedAtBytes = 1 << 20;
    private const int DictionaryPage = 2;
    private const int DataPage = 0;

    private readonly ColumnEncoder _encoder = new(RowGroupRows);
    private ArrayBufferWriter<byte> _pending = new();
    private long _flushed;
    private uint _crc;

    public static ReadOnlySpan<byte> Magic => "PAR1"u8;

    /// <summary>Bytes of the file so far.</summary>
    internal long Position => _flushed + _pending.WrittenCount;

    /// <summary>Writes a file that must not exist.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="order">Which of them, in the order of the file; at least one.</param>
    /// <exception cref="IOException">The disk failed; what there is of the file is of no use.</exception>
    public WrittenFile Write(string path, LakeRows rows, ReadOnlySpan<int> order)
    {
        using var file = Begin(path, rows.Table);
        file.Append(rows, order);
        return file.Finish();
    }

    /// <summary>Begins a file that must not exist. One at a time: this writer's buffers are its.</summary>
    /// <exception cref="IOException">As for <see cref="Write"/>, here and in what follows.</exception>
    public ParquetFile Begin(string path, LakeTable table)
    {
        var file = disk.Create(path);
        _pending.ResetWrittenCount();
        (_flushed, _crc) = (0, Crc32C.Begin);
        _pending.Write(Magic);
        return new ParquetFile(this, file, table);
    }

    /// <summary>Adds rows as row groups of about the same size.</summary>
    internal void Append(IDiskFile file, LakeRows rows, ReadOnlySpan<int> order, List<List<ColumnChunk>> groups)
    {
        for (var left = (order.Length + RowGroupRows - 1) / RowGroupRows; left > 0; left--)
        {
            var group = order[..((order.Length + left - 1) / left)];
            groups.Add(WriteGroup(file, rows, group));
            order = order[group.Length..];
        }
    }

    internal WrittenFile Finish(IDiskFile file, LakeTable table, IReadOnlyList<IReadOnlyList<ColumnChunk>> groups)
    {
        ParquetFooter.Write(_pending, table, groups);
        Flush(file);
        return new WrittenFile(
            groups.Sum(group => (long)group[0].Rows), new FileChecksum(_flushed, Crc32C.Finish(_crc)),
            ChunkStatistics.Of(groups));
    }

    private List<ColumnChunk> WriteGroup(IDiskFile file, LakeRows rows, ReadOnlySpan<int> group)
    {
        var chunks = new List<ColumnChunk>(rows.Table.Schema.Fields.Count);
        foreach (var field in rows.Table.Schema.Fields)
        {
            var column = rows.Text(field.Id) is { } text
                ? _encoder.Encode(text, group)
                : _encoder.Encode(rows.Numbers(field.Id)!, ((PrimitiveType)field.Type).Kind, group);
            chunks.Add(WriteChunk(field, column, group.Length));
            if (_pending.WrittenCount >= FlushedAtBytes)
            {
                Flush(file);
            }
        }
        return chunks;
    }

    private ColumnChunk WriteChunk(Field field, in EncodedColumn column, int rows)
    {
        var dictionary = _encoder.Dictionary.WrittenSpan;
        var data = _encoder.Data.WrittenSpan;
        var isCompressed = zstd is not null && dictionary.Length + data.Length >= CompressedFromBytes;
        long? dictionaryAt = column.DictionaryCount > 0 ? Position : null;
        var start = Position;
        var headers = 0;
        if (dictionaryAt is not null)
        {
            headers += WritePage(new Page(DictionaryPage, column.DictionaryCount, false), dictionary, isCompressed);
        }
        var dataAt = Position;
        headers += WritePage(new Page(DataPage, rows, dictionaryAt is not null), data, isCompressed);
        return new ColumnChunk(field, column, dictionaryAt, dataAt)
        {
            IsCompressed = isCompressed, Rows = rows, Bytes = Position - start,
            PlainBytes = headers + dictionary.Length + data.Length,
        };
    }

    /// <returns>Bytes of the header.</returns>
    private int WritePage(Page page, ReadOnlySpan<byte> content, bool isCompressed)
    {
        byte[]? rented = null;
        var stored = content;
        if (isCompressed)
        {
            rented = ArrayPool<byte>.Shared.Rent(Zstd.BytesMax(content.Length));
            stored = rented.AsSpan(0, zstd!.Compress(content, rented));
        }
        var start = Position;
        WriteHeader(page, content.Length, stored.Length);
        var headerBytes = (int)(Position - start);
        _pending.Write(stored);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
        return headerBytes;
    }

    private void WriteHeader(Page page, int plainBytes, int storedBytes)
    {
        var thrift = new ThriftWriter(_pending);
        thrift.Begin();
        thrift.Int32(1, page.Type);
        thrift.Int32(2, plainBytes);
        thrift.Int32(3, storedBytes);
        if (page.Type == DictionaryPage)
        {
            thrift.Begin(7);
            thrift.Int32(1, page.Values);
            thrift.Int32(2, ParquetFooter.Plain);
            thrift.End();
        }
        else
        {
            thrift.Begin(5);
            thrift.Int32(1, page.Values);
            thrift.Int32(2, page.HasIndexes ? ParquetFooter.RunsOfIndexes : ParquetFooter.Plain);
            thrift.Int32(3, ParquetFooter.Runs);
            thrift.Int32(4, ParquetFooter.Runs);
            thrift.End();
        }
        thrift.End();
    }

    private void Flush(IDiskFile file)
    {
        file.Write(_pending.WrittenSpan, _flushed);
        _crc = Crc32C.Append(_crc, _pending.WrittenSpan);
        _flushed += _pending.WrittenCount;
        _pending.ResetWrittenCount();
        if (_pending.Capacity > ColumnEncoder.BufferBytesKept)
        {
            _pending = new ArrayBufferWriter<byte>();
        }
    }

    private readonly record struct Page(int Type, int Values, bool HasIndexes);
}
