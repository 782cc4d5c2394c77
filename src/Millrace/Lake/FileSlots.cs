using System.Globalization;

namespace Millrace.Lake;

/// <summary>The rows that go into one data file: a day, or one hour of it, of the table's time column.</summary>
/// <param name="Day">Days since 1970-01-01: the partition value.</param>
/// <param name="Hour">Hours since 1970-01-01 if the file holds this hour alone.</param>
internal readonly record struct FileSlot(int Day, long? Hour)
{
    private const string HourFolder = "/hour=";
    private const int HoursPerDay = 24;

    /// <summary>The directory people see; readers take the partition from the manifest.</summary>
    public string Folder
    {
        get
        {
            var day = DateTime.UnixEpoch.AddDays(Day);
            var folder = day.ToString("'year='yyyy'/month='MM'/day='dd", CultureInfo.InvariantCulture);
            return Hour is { } hour
                ? string.Create(
                    CultureInfo.InvariantCulture, $"{folder}{HourFolder}{hour - (long)Day * HoursPerDay:00}")
                : folder;
        }
    }

    /// <summary>The hour of a day in whose directory a file is, since 1970; null: in none.</summary>
    public static long? HourIn(string path, int day)
    {
        var at = path.LastIndexOf(HourFolder, StringComparison.Ordinal) + HourFolder.Length;
        return at >= HourFolder.Length && at + 2 < path.Length && path[at + 2] == '/'
            && int.TryParse(path.AsSpan(at, 2), NumberStyles.None, CultureInfo.InvariantCulture, out var hour)
            && hour < HoursPerDay ? (long)day * HoursPerDay + hour : null;
    }
}

/// <summary>Chooses the files of a commit: one for the current hour, one for the previous, else one per day.</summary>
internal static class FileSlots
{
    /// <param name="hours">Hours since 1970-01-01 which occur.</param>
    /// <param name="currentHour">Hour of the newest record received; null: files by day only.</param>
    public static IReadOnlyList<FileSlot> For(IEnumerable<long> hours, long? currentHour) =>
        [.. hours.Select(hour => Of(hour, currentHour)).Distinct()
            .OrderBy(slot => slot.Day).ThenBy(slot => slot.Hour ?? long.MinValue)];

    /// <summary>The file that rows of an hour go to.</summary>
    public static FileSlot Of(long hour, long? currentHour) =>
        new((int)Math.Floor(hour / 24.0), HasOwnFile(hour, currentHour) ? hour : null);

    private static bool HasOwnFile(long hour, long? current) => current is { } now && (hour == now || hour == now - 1);
}
