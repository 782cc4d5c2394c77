namespace Millrace.Iceberg;

/// <summary>Partition transforms: the ones Millrace computes, and the types of the ones it only keeps.</summary>
public static class Transforms
{
    public const string Identity = "identity";
    public const string Year = "year";
    public const string Month = "month";
    public const string Day = "day";
    public const string Hour = "hour";
    public const string Void = "void";

    private const long MicrosPerHour = 3_600_000_000;
    private const long MicrosPerDay = 24 * MicrosPerHour;
    private const int HoursPerDay = 24;

    /// <summary>Type of a transform's values: days are dates, other units of time ints.</summary>
    public static PrimitiveType ResultType(string transform, PrimitiveType source) => transform switch
    {
        Day => FieldType.Date,
        Year or Month or Hour => FieldType.Int,
        _ when transform.StartsWith("bucket", StringComparison.Ordinal) => FieldType.Int,
        _ => source,
    };

    /// <summary>Days since 1970-01-01 that contain an instant.</summary>
    public static int DayOf(long micros) => (int)FloorDivide(micros, MicrosPerDay);

    /// <summary>A value carried through a transform; null if Millrace cannot
    /// (bucket, truncate, an unfit type).</summary>
    /// <remarks>Order is kept: a ≤ b implies Apply(a) ≤ Apply(b), which is what pruning rests on.</remarks>
    public static byte[]? Apply(string transform, PrimitiveType source, ReadOnlySpan<byte> value)
    {
        if (transform == Identity)
        {
            return value.ToArray();
        }
        if (Bounds.Decode(source, value) is not { } decoded)
        {
            return null;
        }
        long? hours = (source.Kind, decoded) switch
        {
            (PrimitiveKind.Timestamp or PrimitiveKind.TimestampTz, long micros) => FloorDivide(micros, MicrosPerHour),
            (PrimitiveKind.Date, int days) => (long)days * HoursPerDay,
            _ => null,
        };
        return hours is { } known && InUnits(transform, known) is { } units ? Bounds.Int(units) : null;
    }

    private static int? InUnits(string transform, long hours)
    {
        long days = FloorDivide(hours, HoursPerDay);
        switch (transform)
        {
            case Hour:
                return hours is >= int.MinValue and <= int.MaxValue ? (int)hours : null;
            case Day:
                return (int)days;
            case Year or Month when Epoch.AddDays(days, out DateOnly date):
                return transform == Year ? date.Year - 1970 : ((date.Year - 1970) * 12) + date.Month - 1;
            default:
                return null;
        }
    }

    private static long FloorDivide(long value, long by) => (value / by) - (value % by < 0 ? 1 : 0);

    private static class Epoch
    {
        private static readonly int s_day = new DateOnly(1970, 1, 1).DayNumber;

        /// <summary>False outside the years 1 to 9999.</summary>
        internal static bool AddDays(long days, out DateOnly date)
        {
            long number = s_day + days;
            bool fits = number >= DateOnly.MinValue.DayNumber && number <= DateOnly.MaxValue.DayNumber;
            date = fits ? DateOnly.FromDayNumber((int)number) : default;
            return fits;
        }
    }
}
