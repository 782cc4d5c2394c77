using System.Buffers;
using Millrace.Log;

namespace Millrace.Lake;

/// <summary>Length and CRC-32C of a whole file.</summary>
/// <remarks>Read through the page cache, 2 to 5 GB/s on one core where the file has just been written.</remarks>
internal readonly record struct FileChecksum(long Bytes, uint Crc)
{
    private const int PieceBytes = 1 << 20;

    /// <exception cref="IOException">The file cannot be read.</exception>
    public static FileChecksum Of(string path)
    {
        using var file = File.OpenHandle(path);
        var piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            var (bytes, crc) = (0L, Crc32C.Begin);
            for (int read; (read = RandomAccess.Read(file, piece, bytes)) > 0; bytes += read)
            {
                crc = Crc32C.Append(crc, piece.AsSpan(0, read));
            }
            return new FileChecksum(bytes, Crc32C.Finish(crc));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }
}
