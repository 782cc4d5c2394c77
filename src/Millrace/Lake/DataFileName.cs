using System.Globalization;

namespace Millrace.Lake;

/// <summary>Names of data files:
/// <c>&lt;node&gt;-&lt;first&gt;-&lt;end&gt;-&lt;id&gt;-&lt;crc&gt;.parquet</c> from a commit,
/// <c>own|shared-&lt;day&gt;-&lt;hour&gt;-&lt;id&gt;-&lt;crc&gt;.parquet</c> from compaction.</summary>
/// <remarks>The CRC-32C of the whole file stands in its name, for Parquet files as DuckDB writes and reads them have
/// no checksum: of 600 flipped bits in one, DuckDB 1.5 took notice of a sixth.</remarks>
internal static class DataFileName
{
    private const string Suffix = ".parquet";
    private const string OwnPrefix = "own";
    private const string SharedPrefix = "shared";
    private const int Parts = 5;
    private const int CrcDigits = 8;

    /// <summary>The name, without its checksum, of a file that replaces others.</summary>
    /// <param name="slot">What its rows are of.</param>
    /// <param name="isOwn">Whether it is one tenant's.</param>
    /// <param name="id">Makes it the only one of its name.</param>
    public static string Compacted(FileSlot slot, bool isOwn, long id) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(isOwn ? OwnPrefix : SharedPrefix)}-{slot.Day}-{slot.Hour ?? 0}-{id:x16}{Suffix}");

    /// <summary>Whether compaction gave a file to one tenant.</summary>
    public static bool IsOwn(string path) =>
        Path.GetFileName(path).StartsWith(OwnPrefix + "-", StringComparison.Ordinal);

    /// <summary>Whether a file is of compaction, whosever it is.</summary>
    public static bool IsCompacted(string path) =>
        IsOwn(path) || Path.GetFileName(path).StartsWith(SharedPrefix + "-", StringComparison.Ordinal);

    /// <summary>A name without its checksum, completed.</summary>
    public static string With(string name, FileChecksum checksum) => string.Create(
        CultureInfo.InvariantCulture, $"{name[..^Suffix.Length]}-{checksum.Crc:x8}{Suffix}");

    /// <summary>The checksum in a file's path or location; null if it is not of our naming.</summary>
    public static uint? ChecksumIn(string path)
    {
        var parts = Path.GetFileNameWithoutExtension(path).Split('-');
        return path.EndsWith(Suffix, StringComparison.Ordinal) && parts.Length == Parts && parts[^1].Length == CrcDigits
            && uint.TryParse(parts[^1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var crc)
            ? crc : null;
    }

    /// <summary>Whether the file has the bytes it was committed with; true also where its name does not tell.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static bool IsSound(string path) => ChecksumIn(path) is not { } crc || FileChecksum.Of(path).Crc == crc;
}
