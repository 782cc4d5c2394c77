using System.Globalization;
using System.Text;
using Millrace.Log;

namespace Millrace.Iceberg;

/// <summary>A checksum of a file inside the file itself: metadata and Avro files have none of their own.</summary>
/// <remarks>
/// Behind a mark that occurs once stand eight hexadecimal digits: the CRC-32C of the whole file with these digits as
/// zeros. A file without the mark, such as another engine's, is taken as it is.
/// </remarks>
internal static class SealedText
{
    /// <summary>What stands in the place of the checksum until the file is complete.</summary>
    internal const string Blank = "00000000";

    /// <summary>Puts the checksum in the place of the blank.</summary>
    /// <exception cref="ArgumentException">There is no blank behind the mark.</exception>
    internal static void Seal(Span<byte> file, ReadOnlySpan<byte> mark)
    {
        int at = Find(file, mark);
        if (at < 0 || !file.Slice(at, Blank.Length).SequenceEqual("00000000"u8))
        {
            throw new ArgumentException("The file holds no blank for its checksum.", nameof(file));
        }
        Encoding.ASCII.GetBytes(Crc32C.Of(file).ToString("x8", CultureInfo.InvariantCulture), file[at..]);
    }

    /// <summary>False if the file has a checksum, and another one than its bytes.</summary>
    internal static bool IsSound(ReadOnlySpan<byte> file, ReadOnlySpan<byte> mark)
    {
        int at = Find(file, mark);
        if (at < 0)
        {
            return true;
        }
        uint state = Crc32C.Append(Crc32C.Begin, file[..at]);
        state = Crc32C.Append(state, "00000000"u8);
        uint crc = Crc32C.Finish(Crc32C.Append(state, file[(at + Blank.Length)..]));
        return file.Slice(at, Blank.Length)
            .SequenceEqual(Encoding.ASCII.GetBytes(crc.ToString("x8", CultureInfo.InvariantCulture)));
    }

    /// <summary>Where the digits begin; -1 if there are none.</summary>
    private static int Find(ReadOnlySpan<byte> file, ReadOnlySpan<byte> mark)
    {
        int at = file.IndexOf(mark);
        return at < 0 || file.Length - at - mark.Length < Blank.Length ? -1 : at + mark.Length;
    }
}
