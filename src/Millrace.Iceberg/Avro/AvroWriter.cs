using System.IO.Compression;

namespace Millrace.Iceberg;

/// <summary>Writes an Avro object container file in memory.</summary>
/// <remarks>
/// <code>
/// file   = "Obj" 0x01 · header · sync(16) · block*
/// header = map of string to bytes: avro.schema, avro.codec = "deflate", millrace.crc32c (eight hexadecimal digits:
///          CRC-32C of the file with zeros in their place), and the caller's keys
/// block  = record count (long) · byte length (long) · raw deflate of the records · sync(16)
/// </code>
/// (Avro 1.11 specification, "Object Container Files".) A block is never empty: icebird cannot read one that is.
/// </remarks>
internal sealed class AvroWriter
{
    /// <summary>Uncompressed bytes after which a block is closed: Avro's own writers use about this much.</summary>
    private const int BlockBytes = 64 * 1024;

    private const string ChecksumKey = "millrace.crc32c";

    private readonly AvroBuffer _file = new();
    private readonly byte[] _sync;
    private int _records;

    /// <param name="schema">Avro schema JSON of a record.</param>
    /// <param name="header">Keys besides Avro's own.</param>
    /// <param name="sync">Sixteen random bytes.</param>
    internal AvroWriter(string schema, IReadOnlyDictionary<string, string> header, byte[] sync)
    {
        _sync = sync;
        _file.Raw("Obj\u0001"u8);
        IEnumerable<KeyValuePair<string, string>> own =
        [
            new("avro.schema", schema), new("avro.codec", "deflate"), new(ChecksumKey, SealedText.Blank),
        ];
        _file.Array([.. own, .. header], pair =>
        {
            _file.String(pair.Key);
            _file.String(pair.Value);
        });
        _file.Raw(_sync);
    }

    /// <summary>The key and the length of its value, 8, as Avro writes them.</summary>
    internal static ReadOnlySpan<byte> ChecksumMark => "millrace.crc32c\u0010"u8;

    /// <summary>Where the next record is written; call <see cref="EndRecord"/> after each.</summary>
    internal AvroBuffer Record { get; } = new();

    /// <summary>Bytes of the file so far; the open block counts uncompressed.</summary>
    internal long Length => _file.Length + Record.Length;

    internal void EndRecord()
    {
        _records++;
        if (Record.Length >= BlockBytes)
        {
            EndBlock();
        }
    }

    /// <summary>Closes the last block and returns the whole file.</summary>
    internal byte[] Finish()
    {
        EndBlock();
        byte[] file = _file.Written.ToArray();
        SealedText.Seal(file, ChecksumMark);
        return file;
    }

    private void EndBlock()
    {
        if (_records == 0)
        {
            return;
        }
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflate.Write(Record.Written);
        }
        _file.Long(_records);
        _file.Bytes(packed.GetBuffer().AsSpan(0, (int)packed.Length));
        _file.Raw(_sync);
        Record.Clear();
        _records = 0;
    }
}
