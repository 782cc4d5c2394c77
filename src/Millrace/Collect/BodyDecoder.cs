using System.Buffers.Binary;
using System.IO.Compression;
using System.Text.Unicode;
using Millrace.Events;

namespace Millrace.Collect;

/// <summary>Decompresses a body into pooled memory: bounded in bytes and in how much larger it may become.</summary>
/// <remarks>Hot path.</remarks>
internal sealed class BodyDecoder(CollectOptions options) : IDisposable
{
    private const int StepBytes = 64 << 10;

    private readonly SemaphoreSlim _brotlis = new(Math.Max(1, Environment.ProcessorCount / 2));
    private int _brotlisInside;

    /// <remarks>Brotli fills its window, up to 16 MiB outside the budget, before it gives the first byte: 8 ms and more
    /// for a bomb of 100 bytes. Most say in their header what they are; of the others only half of the cores decode one
    /// at once, so that everybody else is answered meanwhile.</remarks>
    /// <returns>Null, or why the body was not decoded.</returns>
    public async ValueTask<Refusal?> DecodeAsync(
        BodyBuffer body, BodyEncoding encoding, int bodyBytesMax, BodyBuffer decoded)
    {
        if (encoding != BodyEncoding.Brotli)
        {
            return Decode(body, encoding, bodyBytesMax, decoded);
        }
        if (IsBomb(body, FirstBlockBytes(body.Span)))
        {
            // Text that is not compressed at all has such a header too.
            return Utf8.IsValid(body.Span) ? Refusal.BadEncoding : CollectRefusals.RatioTooHigh;
        }
        try
        {
            if (Interlocked.Increment(ref _brotlisInside) > options.BrotliBodiesMax)
            {
                return CollectRefusals.TooManyBodies;
            }
            // No cancellation: at most 255 others are before it, and a client that goes now may still be stored.
            await _brotlis.WaitAsync();
            try
            {
                return Decode(body, encoding, bodyBytesMax, decoded);
            }
            finally
            {
                _brotlis.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _brotlisInside);
        }
    }

    public void Dispose() => _brotlis.Dispose();

    /// <summary>What the first block of a Brotli stream decodes to, as its header says (RFC 7932, 9.1 and 9.2); 0 if it
    /// does not say. Of a broken stream, any number.</summary>
    internal static int FirstBlockBytes(ReadOnlySpan<byte> stream)
    {
        Span<byte> padded = stackalloc byte[sizeof(ulong)];
        stream[..Math.Min(stream.Length, padded.Length)].CopyTo(padded);
        var bits = BinaryPrimitives.ReadUInt64LittleEndian(padded);
        bits >>= (bits & 1) == 0 ? 1 : (bits & 0b1110) != 0 ? 4 : 7; // the size of the window
        var isLast = Take(1) == 1;
        var isEmpty = isLast && Take(1) == 1;
        var nibbles = 4 + (int)Take(2);
        return isEmpty || nibbles > 6 ? 0 : 1 + (int)Take(4 * nibbles);

        ulong Take(int count)
        {
            var taken = bits & ((1UL << count) - 1);
            bits >>= count;
            return taken;
        }
    }

    private bool IsBomb(BodyBuffer body, int decodedBytes) =>
        decodedBytes > options.RatioFreeBytes && decodedBytes / options.DecodedRatioMax > body.Length;

    private Refusal? Decode(BodyBuffer body, BodyEncoding encoding, int bodyBytesMax, BodyBuffer decoded)
    {
        var isZlib = encoding == BodyEncoding.Deflate && BodyEncodings.IsZlib(body.Span);
        var refusal = Decode(body, Open(body, encoding, isZlib), bodyBytesMax, decoded);
        if (refusal == Refusal.BadEncoding && isZlib)
        {
            // A raw deflate stream may begin like zlib by chance.
            decoded.Clear();
            refusal = Decode(body, Open(body, encoding, isZlib: false), bodyBytesMax, decoded);
        }
        return refusal;
    }

    private Refusal? Decode(BodyBuffer body, Stream stream, int bodyBytesMax, BodyBuffer decoded)
    {
        using (stream)
        {
            try
            {
                while (true)
                {
                    var room = Math.Min(decoded.Length + StepBytes, bodyBytesMax + 1);
                    if (decoded.Reserve(room) is { } full)
                    {
                        return full;
                    }
                    var read = stream.Read(decoded.Free[..(room - decoded.Length)]);
                    if (read == 0)
                    {
                        return null;
                    }
                    decoded.Advance(read);
                    if (decoded.Length > bodyBytesMax)
                    {
                        return Refusal.BodyTooLarge;
                    }
                    if (IsBomb(body, decoded.Length))
                    {
                        return CollectRefusals.RatioTooHigh;
                    }
                }
            }
            // Brotli, truncated streams and those that want a dictionary say it in different ways.
            catch (Exception broken) when (broken is InvalidDataException or InvalidOperationException or IOException)
            {
                return Refusal.BadEncoding;
            }
        }
    }

    private static Stream Open(BodyBuffer body, BodyEncoding encoding, bool isZlib) => encoding switch
    {
        BodyEncoding.Gzip => new GZipStream(body.AsStream(), CompressionMode.Decompress),
        BodyEncoding.Brotli => new BrotliStream(body.AsStream(), CompressionMode.Decompress),
        _ when isZlib => new ZLibStream(body.AsStream(), CompressionMode.Decompress),
        _ => new DeflateStream(body.AsStream(), CompressionMode.Decompress),
    };
}
