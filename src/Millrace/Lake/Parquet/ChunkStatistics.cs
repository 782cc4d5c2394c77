using System.Text;
using Millrace.Iceberg;

namespace Millrace.Lake;

/// <summary>Adds up what is known of the chunks of a file, as the table's manifests keep it.</summary>
internal static class ChunkStatistics
{
    public static DataFileStatistics Of(IReadOnlyList<IReadOnlyList<ColumnChunk>> groups)
    {
        var columns = new Dictionary<int, ColumnStatistics>();
        for (var column = 0; column < groups[0].Count; column++)
        {
            var chunks = groups.Select(group => group[column]).ToList();
            columns[chunks[0].Field.Id] = Of(chunks);
        }
        return DataFileStatistics.Of(columns);
    }

    private static ColumnStatistics Of(List<ColumnChunk> chunks)
    {
        var type = (PrimitiveType)chunks[0].Field.Type;
        var isWhole = chunks[0].Field.Name == LakeTable.TenantColumn
            && chunks.TrueForAll(chunk => chunk.Column.Greatest is not { Length: >= EncodedColumn.TextBytesMax });
        byte[]? least = null, greatest = null;
        foreach (var chunk in chunks)
        {
            least = Outer(type, least, chunk.Column.Least, -1);
            greatest = Outer(type, greatest, chunk.Column.Greatest, 1);
        }
        return new ColumnStatistics(
            chunks.Sum(chunk => chunk.Bytes), chunks.Sum(chunk => (long)chunk.Rows),
            chunks.Sum(chunk => (long)chunk.Column.Nulls),
            least is null ? null : isWhole ? least : Bounds.Lower(type, Value(type, least)),
            greatest is null ? null : isWhole ? greatest : Bounds.Upper(type, Value(type, greatest)));
    }

    private static byte[]? Outer(PrimitiveType type, byte[]? one, byte[]? other, int side) =>
        one is null ? other
        : other is null || Math.Sign(Bounds.Compare(type, other, one) ?? 0) != side ? one
        : other;

    private static object Value(PrimitiveType type, byte[] bytes) =>
        type.Kind == PrimitiveKind.String ? Encoding.UTF8.GetString(bytes) : Bounds.Decode(type, bytes)!;
}
