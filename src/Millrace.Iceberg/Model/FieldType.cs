using System.Globalization;

namespace Millrace.Iceberg;

/// <summary>The primitive types of Iceberg v2; <see cref="Other"/> is one that only a foreign engine knows.</summary>
public enum PrimitiveKind
{
    Boolean, Int, Long, Float, Double, Date, Time, Timestamp, TimestampTz, String, Uuid, Fixed, Binary, Decimal, Other,
}

/// <summary>Type of a column: primitive, or nested (parsed and kept from foreign metadata).</summary>
public abstract record FieldType
{
    public static PrimitiveType Boolean { get; } = new(PrimitiveKind.Boolean, "boolean");
    public static PrimitiveType Int { get; } = new(PrimitiveKind.Int, "int");
    public static PrimitiveType Long { get; } = new(PrimitiveKind.Long, "long");
    public static PrimitiveType Float { get; } = new(PrimitiveKind.Float, "float");
    public static PrimitiveType Double { get; } = new(PrimitiveKind.Double, "double");
    /// <summary>Days since 1970-01-01.</summary>
    public static PrimitiveType Date { get; } = new(PrimitiveKind.Date, "date");
    /// <summary>Microseconds since midnight.</summary>
    public static PrimitiveType Time { get; } = new(PrimitiveKind.Time, "time");
    /// <summary>Microseconds since 1970-01-01T00:00:00 without a zone.</summary>
    public static PrimitiveType Timestamp { get; } = new(PrimitiveKind.Timestamp, "timestamp");
    /// <summary>Microseconds since 1970-01-01T00:00:00 UTC.</summary>
    public static PrimitiveType TimestampTz { get; } = new(PrimitiveKind.TimestampTz, "timestamptz");
    public static PrimitiveType String { get; } = new(PrimitiveKind.String, "string");
    public static PrimitiveType Uuid { get; } = new(PrimitiveKind.Uuid, "uuid");
    public static PrimitiveType Binary { get; } = new(PrimitiveKind.Binary, "binary");

    /// <param name="precision">Decimal digits, at most 38.</param>
    /// <param name="scale">Digits after the point.</param>
    public static PrimitiveType Decimal(int precision, int scale) =>
        new(PrimitiveKind.Decimal, string.Create(CultureInfo.InvariantCulture, $"decimal({precision}, {scale})"))
        {
            Scale = scale,
        };

    private static readonly Dictionary<string, PrimitiveType> s_plain =
        new PrimitiveType[]
        {
            Boolean, Int, Long, Float, Double, Date, Time, Timestamp, TimestampTz, String, Uuid, Binary,
        }.ToDictionary(type => type.Text);

    /// <summary>Reads the text of a primitive type as it stands in schema JSON.</summary>
    internal static PrimitiveType Parse(string text)
    {
        if (s_plain.TryGetValue(text, out PrimitiveType? plain))
        {
            return plain;
        }
        if (text.StartsWith("decimal(", StringComparison.Ordinal) && text.EndsWith(')'))
        {
            int[] digits = [.. text[8..^1].Split(',').Select(part => int.Parse(part, CultureInfo.InvariantCulture))];
            return new PrimitiveType(PrimitiveKind.Decimal, text) { Scale = digits[1] };
        }
        return new PrimitiveType(text.StartsWith("fixed[", StringComparison.Ordinal)
            ? PrimitiveKind.Fixed : PrimitiveKind.Other, text);
    }
}

/// <summary>A type without parts.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its text in schema JSON, kept as it was read.</param>
public sealed record PrimitiveType(PrimitiveKind Kind, string Text) : FieldType
{
    /// <summary>Digits after the point of a decimal; 0 for every other kind.</summary>
    public int Scale { get; init; }
}

/// <summary>A type made of named fields.</summary>
public sealed record StructType(IReadOnlyList<Field> Fields) : FieldType;

/// <summary>A list; its elements are a field of their own with an id.</summary>
public sealed record ListType(NestedField Element) : FieldType;

/// <summary>A map; keys (always required) and values are fields of their own with ids.</summary>
public sealed record MapType(NestedField Key, NestedField Value) : FieldType;

/// <summary>The nameless field inside a list or map.</summary>
public sealed record NestedField(int Id, FieldType Type, bool IsRequired);
