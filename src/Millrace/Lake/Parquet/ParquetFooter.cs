using System.Buffers;
using System.Buffers.Binary;
using Millrace.Iceberg;

namespace Millrace.Lake;

/// <summary>A column chunk as the footer lists it.</summary>
/// <param name="DictionaryAt">Where its dictionary page begins; null: it has none.</param>
/// <param name="DataAt">Where its data page begins.</param>
internal sealed record ColumnChunk(Field Field, EncodedColumn Column, long? DictionaryAt, long DataAt)
{
    public required bool IsCompressed { get; init; }

    public required int Rows { get; init; }

    /// <summary>Bytes of its pages with their headers, as they stand in the file.</summary>
    public required long Bytes { get; init; }

    /// <summary>The same, had they not been compressed.</summary>
    public required long PlainBytes { get; init; }
}

/// <summary>Writes the footer of a Parquet file: schema, row groups, and what each chunk holds.</summary>
/// <remarks>Field numbers are those of parquet.thrift. Everything is optional and flat, as our tables are.</remarks>
internal static class ParquetFooter
{
    public const int Plain = 0;
    public const int Runs = 3;
    public const int RunsOfIndexes = 8;

    private const int Uncompressed = 0;
    private const int Zstd = 6;
    private const int Optional = 1;
    private const int Utf8 = 0;
    private const int TimestampMicros = 10;

    /// <summary>Writes the footer, its length and the magic number that ends the file.</summary>
    public static void Write(
        ArrayBufferWriter<byte> target, LakeTable table, IReadOnlyList<IReadOnlyList<ColumnChunk>> groups)
    {
        var start = target.WrittenCount;
        var thrift = new ThriftWriter(target);
        thrift.Begin();
        thrift.Int32(1, 1);
        WriteSchema(thrift, table.Schema);
        thrift.Int64(3, groups.Sum(group => (long)group[0].Rows));
        thrift.StructList(4, groups.Count);
        foreach (var group in groups)
        {
            WriteGroup(thrift, group);
        }
        thrift.StructList(5, 1);
        thrift.Begin();
        thrift.Text(1, "iceberg.schema");
        thrift.Text(2, table.Schema.ToJson());
        thrift.End();
        thrift.Text(6, "millrace version 1");
        // Without the order of each column its least and greatest value would mean nothing.
        thrift.StructList(7, table.Schema.Fields.Count);
        foreach (var _ in table.Schema.Fields)
        {
            thrift.Begin();
            thrift.Empty(1);
            thrift.End();
        }
        thrift.End();
        BinaryPrimitives.WriteInt32LittleEndian(target.GetSpan(sizeof(int)), target.WrittenCount - start);
        target.Advance(sizeof(int));
        target.Write(ParquetWriter.Magic);
    }

    private static void WriteSchema(ThriftWriter thrift, Schema schema)
    {
        thrift.StructList(2, schema.Fields.Count + 1);
        thrift.Begin();
        thrift.Text(4, "schema");
        thrift.Int32(5, schema.Fields.Count);
        thrift.End();
        foreach (var field in schema.Fields)
        {
            thrift.Begin();
            thrift.Int32(1, PhysicalType(KindOf(field)));
            thrift.Int32(3, Optional);
            thrift.Text(4, field.Name);
            if (KindOf(field) is PrimitiveKind.String or PrimitiveKind.TimestampTz)
            {
                thrift.Int32(6, KindOf(field) == PrimitiveKind.String ? Utf8 : TimestampMicros);
            }
            thrift.Int32(9, field.Id);
            WriteLogicalType(thrift, KindOf(field));
            thrift.End();
        }
    }

    private static void WriteLogicalType(ThriftWriter thrift, PrimitiveKind kind)
    {
        if (kind == PrimitiveKind.String)
        {
            thrift.Begin(10);
            thrift.Empty(1);
            thrift.End();
        }
        else if (kind == PrimitiveKind.TimestampTz)
        {
            thrift.Begin(10);
            thrift.Begin(8);
            thrift.Flag(1, true);
            thrift.Begin(2);
            thrift.Empty(2);
            thrift.End();
            thrift.End();
            thrift.End();
        }
    }

    private static void WriteGroup(ThriftWriter thrift, IReadOnlyList<ColumnChunk> chunks)
    {
        thrift.Begin();
        thrift.StructList(1, chunks.Count);
        foreach (var chunk in chunks)
        {
            thrift.Begin();
            thrift.Int64(2, 0);
            thrift.Begin(3);
            WriteChunk(thrift, chunk);
            thrift.End();
            thrift.End();
        }
        thrift.Int64(2, chunks.Sum(chunk => chunk.PlainBytes));
        thrift.Int64(3, chunks[0].Rows);
        thrift.Int64(5, chunks[0].DictionaryAt ?? chunks[0].DataAt);
        thrift.Int64(6, chunks.Sum(chunk => chunk.Bytes));
        thrift.End();
    }

    private static void WriteChunk(ThriftWriter thrift, ColumnChunk chunk)
    {
        thrift.Int32(1, PhysicalType(KindOf(chunk.Field)));
        if (chunk.DictionaryAt is null)
        {
            thrift.Int32List(2, Plain, Runs);
        }
        else
        {
            thrift.Int32List(2, Plain, Runs, RunsOfIndexes);
        }
        thrift.TextList(3, chunk.Field.Name);
        thrift.Int32(4, chunk.IsCompressed ? Zstd : Uncompressed);
        thrift.Int64(5, chunk.Rows);
        thrift.Int64(6, chunk.PlainBytes);
        thrift.Int64(7, chunk.Bytes);
        thrift.Int64(9, chunk.DataAt);
        if (chunk.DictionaryAt is { } at)
        {
            thrift.Int64(11, at);
        }
        thrift.Begin(12);
        WriteStatistics(thrift, chunk.Column);
        thrift.End();
    }

    private static void WriteStatistics(ThriftWriter thrift, in EncodedColumn column)
    {
        thrift.Int64(3, column.Nulls);
        // Text that was cut is no value of the column, which some readers would believe.
        if (column is { Least: { Length: < EncodedColumn.TextBytesMax } least }
            && column is { Greatest: { Length: < EncodedColumn.TextBytesMax } greatest })
        {
            thrift.Bytes(5, greatest);
            thrift.Bytes(6, least);
        }
    }

    private static PrimitiveKind KindOf(Field field) => ((PrimitiveType)field.Type).Kind;

    private static int PhysicalType(PrimitiveKind kind) => kind switch
    {
        PrimitiveKind.Boolean => 0,
        PrimitiveKind.Int => 1,
        PrimitiveKind.Long or PrimitiveKind.TimestampTz => 2,
        PrimitiveKind.Double => 5,
        PrimitiveKind.String or PrimitiveKind.Binary => 6,
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
