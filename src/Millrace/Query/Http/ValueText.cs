using System.Globalization;

namespace Millrace.Query;

/// <summary>Values as text, the same in every format: times in ISO 8601 with microseconds, <c>Z</c> where they are
/// instants; bytes in base64; NaN and infinities in words.</summary>
internal static class ValueText
{
    /// <summary>Null for a value that is a number, a flag or made of parts.</summary>
    public static string? Of(object value) => value switch
    {
        string text => text,
        DateTimeOffset instant =>
            instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
        DateTime time => time.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
        DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        TimeOnly time => time.ToString("HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
        byte[] bytes => Convert.ToBase64String(bytes),
        double number when !double.IsFinite(number) => Word(number),
        float number when !float.IsFinite(number) => Word(number),
        Guid or Millrace.DuckDb.Interval => value.ToString(),
        _ => null,
    };

    /// <summary>Digits of a number, exactly; null for anything else.</summary>
    public static string? Number(object value) => value switch
    {
        double or float or decimal or sbyte or byte or short or ushort or int or uint or long or ulong or Int128
            or UInt128 or System.Numerics.BigInteger =>
            ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture),
        _ => null,
    };

    private static string Word(double number) =>
        double.IsNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
}
