using System.IO.Compression;
using System.Text;

namespace Millrace.Iceberg;

/// <summary>Opens an Avro object container file (drawn in <see cref="AvroWriter"/>); codecs null and deflate.</summary>
internal sealed class AvroReader
{
    private const int SyncBytes = 16;

    /// <summary>Decompressed bytes of a file beyond which it is taken for
    /// damage: a manifest of 8 MB holds about 40 MB.</summary>
    private const long DecodedBytesMax = 1L << 30;

    private readonly AvroCursor _cursor;
    private readonly string _file;
    private readonly bool _isDeflated;
    private readonly byte[] _sync;

    /// <exception cref="IcebergFormatException">Not an Avro file, or one of another codec.</exception>
    internal AvroReader(ReadOnlyMemory<byte> bytes, string file)
    {
        _file = file;
        _cursor = new AvroCursor(bytes, file);
        if (!_cursor.Take(Math.Min(4, bytes.Length)).Span.SequenceEqual("Obj\u0001"u8))
        {
            throw new IcebergFormatException(file, "not an Avro file");
        }
        if (!SealedText.IsSound(bytes.Span, AvroWriter.ChecksumMark))
        {
            throw new IcebergFormatException(file, "its checksum is wrong");
        }
        Header = ReadHeader();
        _sync = _cursor.Take(SyncBytes).ToArray();
        Schema = Header.TryGetValue("avro.schema", out byte[]? schema)
            ? AvroType.Parse(schema, file)
            : throw new IcebergFormatException(file, "an Avro file without a schema");
        string codec = HeaderText("avro.codec") ?? "null";
        _isDeflated = codec == "deflate" || (codec == "null" ? false
            : throw new IcebergFormatException(file, $"Avro codec '{codec}'; only null and deflate are read"));
    }

    /// <summary>Key-value pairs of the file header.</summary>
    internal Dictionary<string, byte[]> Header { get; }

    /// <summary>What every record of the file looks like.</summary>
    internal AvroType Schema { get; }

    /// <summary>Bytes decompressed so far.</summary>
    internal long DecodedBytes { get; private set; }

    /// <summary>A header value as text, or null.</summary>
    internal string? HeaderText(string key) =>
        Header.TryGetValue(key, out byte[]? bytes) ? Encoding.UTF8.GetString(bytes) : null;

    /// <summary>Calls back once per record; the callback must read it to its end.</summary>
    internal void Each(Action<AvroCursor> record)
    {
        while (_cursor.Left > 0)
        {
            long records = _cursor.Varint();
            ReadOnlyMemory<byte> block = Decode(_cursor.Take(_cursor.Varint()));
            if (!_cursor.Take(SyncBytes).Span.SequenceEqual(_sync))
            {
                throw _cursor.Damage("a block does not end with the file's sync marker");
            }
            if (records < 0 || records > block.Length)
            {
                throw _cursor.Damage($"{records} records in {block.Length} bytes");
            }
            var cursor = new AvroCursor(block, _file);
            for (long index = 0; index < records; index++)
            {
                record(cursor);
            }
            if (cursor.Left > 0)
            {
                throw cursor.Damage($"{cursor.Left} bytes after the last record of a block");
            }
        }
    }

    private Dictionary<string, byte[]> ReadHeader()
    {
        var header = new Dictionary<string, byte[]>();
        for (long count = _cursor.Varint(); count != 0; count = _cursor.Varint())
        {
            if (count < 0)
            {
                _cursor.Varint();
                count = -count;
            }
            for (long index = 0; index < count; index++)
            {
                string key = Encoding.UTF8.GetString(_cursor.Take(_cursor.Varint()).Span);
                header[key] = _cursor.Take(_cursor.Varint()).ToArray();
            }
        }
        return header;
    }

    private ReadOnlyMemory<byte> Decode(ReadOnlyMemory<byte> block)
    {
        if (!_isDeflated)
        {
            DecodedBytes += block.Length;
            return block;
        }
        try
        {
            using var packed = new MemoryStream(block.ToArray(), writable: false);
            using var deflate = new DeflateStream(packed, CompressionMode.Decompress);
            using var plain = new MemoryStream();
            Span<byte> piece = stackalloc byte[8192];
            for (int read = deflate.Read(piece); read > 0; read = deflate.Read(piece))
            {
                plain.Write(piece[..read]);
                DecodedBytes += read;
                if (DecodedBytes > DecodedBytesMax)
                {
                    throw new IcebergFormatException(_file, $"more than {DecodedBytesMax} bytes when decompressed");
                }
            }
            // A copy of exact length: decoded manifests point into it for as long as they are cached.
            return plain.ToArray();
        }
        catch (Exception problem) when (problem is InvalidDataException or IOException)
        {
            throw new IcebergFormatException(_file, "a block cannot be decompressed", problem);
        }
    }
}
