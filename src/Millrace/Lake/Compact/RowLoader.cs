using Millrace.DuckDb;
using Millrace.Iceberg;

namespace Millrace.Lake;

/// <summary>Brings rows that DuckDB read back into columns of ours.</summary>
/// <remarks>Hot path.</remarks>
internal static class RowLoader
{
    /// <summary>Adds the rows of a result whose columns are the table's, in the order of its schema.</summary>
    public static void Load(Result result, LakeRows rows)
    {
        var fields = rows.Table.Schema.Fields;
        while (result.NextChunk(out var chunk))
        {
            for (var column = 0; column < fields.Count; column++)
            {
                Load(chunk.Column(column), chunk.RowCount, rows, fields[column]);
            }
            rows.EndRows(chunk.RowCount);
        }
    }

    private static void Load(Vector vector, int count, LakeRows rows, Field field)
    {
        var first = rows.Count;
        if (rows.Text(field.Id) is { } texts)
        {
            for (var row = 0; row < count; row++)
            {
                if (!vector.IsNull(row))
                {
                    texts.Set(first + row, vector.Utf8(row));
                }
            }
            return;
        }
        var numbers = rows.Numbers(field.Id)!;
        var kind = ((PrimitiveType)field.Type).Kind;
        for (var row = 0; row < count; row++)
        {
            if (!vector.IsNull(row))
            {
                numbers.Set(first + row, kind switch
                {
                    PrimitiveKind.Boolean => vector.Get<byte>(row),
                    PrimitiveKind.Int => vector.Get<int>(row),
                    _ => vector.Get<long>(row), // times as microseconds, reals as their bits
                });
            }
        }
    }
}
