using System.Globalization;
using Millrace.Events;
using Millrace.Iceberg;

namespace Millrace.Lake;

/// <summary>Values of one column that follow each other, both ends included.</summary>
internal sealed record KeyStretch(Field Column, KeyValue From, KeyValue To)
{
    /// <summary>The rows in it, as a condition. Null is before all values.</summary>
    public string ToSql()
    {
        var name = Sql.Name(Column.Name);
        if (To.IsNull)
        {
            return $"{name} IS NULL";
        }
        var upTo = $"{name} <= {To.ToSql(Column)}";
        return From.IsNull ? $"({name} IS NULL OR {upTo})"
            : From == To ? $"{name} = {To.ToSql(Column)}"
            : $"{name} >= {From.ToSql(Column)} AND {upTo}";
    }
}

/// <summary>A value of a key column: text as UTF-8, or a number; null if neither is set.</summary>
internal readonly record struct KeyValue(string? Text, long? Number)
{
    public bool IsNull => Text is null && Number is null;

    /// <summary>A constant that DuckDB folds before it looks at a file, whatever is in the text.</summary>
    public string ToSql(Field column) => this switch
    {
        { Text: { } text } => $"decode('{Hex(text)}'::BLOB)",
        { Number: { } number } when column.Type == FieldType.TimestampTz => string.Create(
            CultureInfo.InvariantCulture, $"make_timestamptz({number}::BIGINT)"),
        { Number: { } number } => number.ToString(CultureInfo.InvariantCulture),
        _ => "NULL",
    };

    private static string Hex(string text) => string.Concat(
        System.Text.Encoding.UTF8.GetBytes(text).Select(letter => $"\\x{letter:X2}"));
}

/// <summary>A piece of a table that fits into memory: all rows that meet the conditions.</summary>
/// <param name="Bytes">About the memory that they take.</param>
internal sealed record KeyRange(IReadOnlyList<KeyStretch> Conditions, long Rows, long Bytes)
{
    public string ToSql() =>
        Conditions.Count == 0 ? "true" : string.Join(" AND ", Conditions.Select(stretch => stretch.ToSql()));
}
