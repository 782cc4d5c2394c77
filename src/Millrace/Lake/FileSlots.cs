using System.Globalization;

namespace Millrace.Lake;

/// <summary>The rows that go into one data file: a day, or one hour of it, of the table's time column.</summary>
/// <param name="Day">Days since 1970-01-01: the partition value.</param>
/// <param name="Hour">Hours since 1970-01-01 if the file holds this hour alone.</param>
internal readonly record struct FileSlot(int Day, long? Hour)
{
    private const long MicrosPerHour = 3_600_000_000;

    /// <summary>The directory people see; readers take the partition from the manifest.</summary>
    public string Folder
    {
        get
        {
            var day = DateTime.UnixEpoch.AddDays(Day);
            var folder = day.ToString("'year='yyyy'/month='MM'/day='dd", CultureInfo.InvariantCulture);
            return Hour is { } hour
                ? string.Create(CultureInfo.InvariantCulture, $"{folder}/hour={hour - Day * 24L:00}") : folder;
        }
    }

    /// <summary>An SQL condition that holds for exactly the rows of this slot, given the others.</summary>
    public string Condition(string column, IEnumerable<FileSlot> all)
    {
        var (from, to) = Hour is { } hour ? (hour, hour + 1) : (Day * 24L, (Day + 1) * 24L);
        var condition = Between(column, from, to);
        if (Hour is null)
        {
            var day = Day;
            foreach (var other in all.Where(slot => slot.Day == day && slot.Hour is not null))
            {
                condition += $" AND NOT ({Between(column, other.Hour!.Value, other.Hour.Value + 1)})";
            }
        }
        return condition;
    }

    private static string Between(string column, long fromHour, long toHour) => string.Create(
        CultureInfo.InvariantCulture,
        $"{column} >= make_timestamptz({fromHour * MicrosPerHour})"
        + $" AND {column} < make_timestamptz({toHour * MicrosPerHour})");
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
