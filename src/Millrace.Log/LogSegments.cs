using System.Globalization;

namespace Millrace.Log;

/// <summary>A segment file as found in a log's directory.</summary>
/// <param name="Path">The file.</param>
/// <param name="Base">Its first offset, by its name.</param>
/// <param name="FileBytes">Size of the file.</param>
/// <param name="Header">Null if neither copy of the header is sound: then all of the segment is damaged.</param>
public sealed record LogSegment(string Path, long Base, long FileBytes, SegmentHeader? Header);

/// <summary>The segments of a log, as they lie on the disk.</summary>
public static class LogSegments
{
    internal const string Extension = ".seg";
    internal const string SpareExtension = ".spare";

    /// <summary>All segments in order of their offsets, with their headers.</summary>
    /// <exception cref="NewerFormatException">One was written by a newer Millrace.</exception>
    public static IReadOnlyList<LogSegment> List(IDisk disk, string directory)
    {
        ArgumentNullException.ThrowIfNull(disk);
        return [.. Bases(disk, directory).Select(first => Open(disk, directory, first))];
    }

    /// <summary>First offsets of all segments, in order, by their names alone.</summary>
    internal static List<long> Bases(IDisk disk, string directory)
    {
        var bases = new List<long>();
        foreach (string name in disk.List(directory))
        {
            if (name.Length == 20 + Extension.Length && name.EndsWith(Extension, StringComparison.Ordinal)
                && long.TryParse(name.AsSpan(0, 20), NumberStyles.None, CultureInfo.InvariantCulture, out long first))
            {
                bases.Add(first);
            }
        }
        return bases;
    }

    internal static string PathOf(string directory, long firstOffset) =>
        Path.Combine(directory, firstOffset.ToString("D20", CultureInfo.InvariantCulture) + Extension);

    internal static LogSegment Open(IDisk disk, string directory, long firstOffset)
    {
        string path = PathOf(directory, firstOffset);
        using IDiskFile file = disk.Open(path, FileAccess.Read);
        return Describe(file, path, firstOffset);
    }

    internal static LogSegment Describe(IDiskFile file, string path, long firstOffset)
    {
        byte[] area = new byte[SegmentHeader.AreaBytes];
        int count = file.Read(area, 0);
        SegmentHeader? header = SegmentHeader.Read(area.AsSpan(0, count), path);
        // A header under the wrong name would give its records the wrong place.
        return new LogSegment(path, firstOffset, file.Length, header?.Base == firstOffset ? header : null);
    }
}
