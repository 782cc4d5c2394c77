using System.IO.Compression;
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
    /// for a bomb of 100 bytes. So only half of the cores do it at once, and others are answered meanwhile.</remarks>
    /// <returns>Null, or why the body was not decoded.</returns>
    public async ValueTask<Refusal?> DecodeAsync(
        BodyBuffer body, BodyEncoding encoding, int bodyBytesMax, BodyBuffer decoded)
    {
        if (encoding != BodyEncoding.Brotli)
        {
            return Decode(body, encoding, bodyBytesMax, decoded);
        }
        try
        {
            if (Interlocked.Increment(ref _brotlisInside) > options.BrotliBodiesMax)
            {
                return CollectRefusals.TooManyBodies;
            }
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
                    if (decoded.Length > options.RatioFreeBytes
                        && decoded.Length / options.DecodedRatioMax > body.Length)
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
