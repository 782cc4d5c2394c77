namespace Millrace.DuckDb;

/// <summary>Compresses with the zstd that libduckdb carries; .NET 10 has none.</summary>
/// <remarks>Not thread safe: one context, used again and again.</remarks>
public sealed unsafe class Zstd : IDisposable
{
    private readonly int _level;
    private nint _context;

    /// <param name="level">1 is fastest, 3 is zstd's own default.</param>
    public Zstd(int level)
    {
        _level = level;
        _context = Native.ZstdCreateContext();
    }

    /// <summary>Bytes that any content of a length takes at most when compressed.</summary>
    public static int BytesMax(int length) => checked((int)(long)Native.ZstdBytesMax((nuint)length));

    /// <summary>Compresses into one frame.</summary>
    /// <param name="source">The content.</param>
    /// <param name="target">At least <see cref="BytesMax"/> of the source's length.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="InvalidOperationException">zstd refused, as it does without memory.</exception>
    public int Compress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        ObjectDisposedException.ThrowIf(_context == 0, this);
        fixed (byte* from = source, to = target)
        {
            var written = Native.ZstdCompress(
                _context, to, (nuint)target.Length, from, (nuint)source.Length, _level);
            return Native.ZstdIsError(written) == 0 ? (int)written
                : throw new InvalidOperationException($"zstd: {Native.Borrow(Native.ZstdErrorName(written))}");
        }
    }

    public void Dispose()
    {
        if (_context != 0)
        {
            Native.ZstdFreeContext(_context);
            _context = 0;
        }
    }
}
