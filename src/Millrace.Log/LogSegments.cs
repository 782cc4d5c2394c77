using System.Globalization;

namespace Millrace.Log;

/// <summary>A segment as its file is named: the offsets it owns.</summary>
/// <param name="Base">First offset.</param>
/// <param name="End">Exclusive end.</param>
internal readonly record struct SegmentName(long Base, long End)
{
    private const string Extension = ".seg";
    private const int Digits = 20;

    public static SegmentName? Parse(string fileName)
    {
        bool isShaped = fileName.Length == (2 * Digits) + 1 + Extension.Length && fileName[Digits] == '-'
            && fileName.EndsWith(Extension, StringComparison.Ordinal);
        return isShaped && TryParse(fileName.AsSpan(0, Digits), out long first)
            && TryParse(fileName.AsSpan(Digits + 1, Digits), out long end) && first < end
                ? new SegmentName(first, end)
                : null;
    }

    public string PathIn(string directory) => Path.Combine(directory, Stem + Extension);

    /// <summary>The name without its extension.</summary>
    public string Stem => string.Create(CultureInfo.InvariantCulture, $"{Base:D20}-{End:D20}");

    private static bool TryParse(ReadOnlySpan<char> digits, out long value) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}

/// <summary>A segment file as found in a log's directory.</summary>
/// <param name="Path">The file.</param>
/// <param name="Base">First offset it owns, by its name.</param>
/// <param name="End">Exclusive end of those, by its name.</param>
/// <param name="FileBytes">Size of the file.</param>
public sealed record LogSegment(string Path, long Base, long End, long FileBytes)
{
    /// <summary>Null if neither copy of the header is sound: then all of the segment is damaged.</summary>
    public SegmentHeader? Header { get; init; }
}

/// <summary>The segments of a log, as they lie on the disk.</summary>
public static class LogSegments
{
    /// <summary>All segments in order of their offsets, with their headers; those that a writer releases meanwhile are
    /// left out.</summary>
    /// <exception cref="NewerFormatException">One was written by a newer Millrace.</exception>
    public static IReadOnlyList<LogSegment> List(IDisk disk, string directory)
    {
        ArgumentNullException.ThrowIfNull(disk);
        return [.. Names(disk, directory).Select(name => TryOpen(disk, directory, name)).OfType<LogSegment>()];
    }

    /// <summary>The names of all segments, in order of their offsets.</summary>
    internal static List<SegmentName> Names(IDisk disk, string directory) =>
        [.. disk.List(directory).Select(SegmentName.Parse).OfType<SegmentName>()];

    internal static LogSegment Open(IDisk disk, string directory, SegmentName name)
    {
        string path = name.PathIn(directory);
        using IDiskFile file = disk.Open(path, FileAccess.Read);
        return Describe(file, path, name);
    }

    internal static LogSegment Describe(IDiskFile file, string path, SegmentName name)
    {
        byte[] area = new byte[SegmentHeader.AreaBytes];
        int count = file.Read(area, 0);
        SegmentHeader? header = SegmentHeader.Read(area.AsSpan(0, count), path);
        // A header under the wrong name would give its records the wrong place.
        bool isItsOwn = header?.Base == name.Base && header.End == name.End;
        return new LogSegment(path, name.Base, name.End, file.Length) { Header = isItsOwn ? header : null };
    }

    private static LogSegment? TryOpen(IDisk disk, string directory, SegmentName name)
    {
        try
        {
            return Open(disk, directory, name);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
