using System.Text;
using Millrace.Iceberg;

namespace Millrace.Tests.Iceberg;

public class DataFileStatisticsTests
{
    private static DataFileStatistics Read(PrimitiveType type, string min, string max) => DataFileStatistics.FromDuckDb(
        new Dictionary<string, IReadOnlyDictionary<string, string>>
        {
            ["\"c\""] = new Dictionary<string, string>
            {
                ["column_size_bytes"] = "120", ["num_values"] = "7", ["null_count"] = "2", ["min"] = min, ["max"] = max,
            },
        },
        new Schema(0, [new Field(5, "c", type)]));

    [Fact]
    public void Counts_are_read()
    {
        DataFileStatistics statistics = Read(FieldType.Long, "1", "2");

        statistics.ColumnSizes[5].ShouldBe(120);
        statistics.ValueCounts[5].ShouldBe(7);
        statistics.NullCounts[5].ShouldBe(2);
    }

    public static TheoryData<PrimitiveType, string, byte[]> Texts => new()
    {
        { FieldType.Boolean, "1", [1] },
        { FieldType.Int, "-7", Bounds.Int(-7) },
        { FieldType.Long, "9223372036854775807", Bounds.Long(long.MaxValue) },
        { FieldType.Double, "-1.5e-05", Bounds.Double(-1.5e-05) },
        { FieldType.Double, "inf", Bounds.Double(double.PositiveInfinity) },
        { FieldType.Float, "-inf", Bounds.Float(float.NegativeInfinity) },
        { FieldType.Date, "1969-12-31", Bounds.Int(-1) },
        { FieldType.Time, "00:00:01.5", Bounds.Long(1_500_000) },
        { FieldType.Timestamp, "1970-01-01 00:00:00.000001", Bounds.Long(1) },
        { FieldType.TimestampTz, "1969-12-31 23:59:59.999999+00", Bounds.Long(-1) },
        { FieldType.TimestampTz, "2026-03-01 12:00:00+00", Bounds.Long(1772366400000000) },
        { FieldType.Decimal(10, 2), "14.2", [0x05, 0x8C] },
        { FieldType.Binary, "00FF", [0, 0xFF] },
        { FieldType.String, "påske", Encoding.UTF8.GetBytes("påske") },
        { FieldType.String, "", [] },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_text_of_the_expected_form_becomes_a_bound(PrimitiveType type, string text, byte[] bytes)
    {
        DataFileStatistics statistics = Read(type, text, text);

        statistics.LowerBounds[5].ShouldBe(bytes);
        statistics.UpperBounds[5].ShouldBe(bytes);
    }

    public static TheoryData<PrimitiveType, string> StrangeTexts => new()
    {
        { FieldType.Boolean, "yes" },
        { FieldType.Int, "2147483648" },
        { FieldType.Long, " 1" },
        { FieldType.Long, "1,000" },
        { FieldType.Double, "nan" },
        { FieldType.Double, "1e999x" },
        { FieldType.Double, "Infinity" },
        { FieldType.Date, "infinity" },
        { FieldType.Date, "0044-03-15 (BC)" },
        { FieldType.Date, "12026-01-01" },
        { FieldType.Timestamp, "2026-03-01 12:00:00+00" },
        { FieldType.Timestamp, "2026-03-01 12:00:00." },
        { FieldType.TimestampTz, "2026-03-01 12:00:00" },
        { FieldType.TimestampTz, "2026-03-01 12:00:00+01" },
        { FieldType.TimestampTz, "-infinity" },
        { FieldType.Decimal(10, 2), "1.234" },
        { FieldType.Binary, "\\x00" },
        { FieldType.Uuid, "0" },
    };

    [Theory]
    [MemberData(nameof(StrangeTexts))]
    public void A_strange_text_leaves_the_bound_out(PrimitiveType type, string text)
    {
        DataFileStatistics statistics = Read(type, text, text);

        statistics.LowerBounds.ShouldBeEmpty();
        statistics.UpperBounds.ShouldBeEmpty();
        statistics.ValueCounts[5].ShouldBe(7);
    }

    [Fact]
    public void Bounds_the_wrong_way_round_are_left_out() => Read(FieldType.Long, "2", "1").LowerBounds.ShouldBeEmpty();

    [Fact]
    public void Counts_stand_together_or_not_at_all()
    {
        var columns = new Dictionary<string, IReadOnlyDictionary<string, string>>
        {
            ["\"c\""] = new Dictionary<string, string> { ["num_values"] = "7" },
        };

        var schema = new Schema(0, [new Field(1, "c", FieldType.Long)]);

        DataFileStatistics.FromDuckDb(columns, schema).ValueCounts.ShouldBeEmpty();
    }

    [Fact]
    public void Struct_members_are_found_and_list_elements_skipped()
    {
        var schema = new Schema(0,
        [
            new Field(1, "res", new StructType([new Field(2, "service.name", FieldType.Long)])),
            new Field(3, "tags", new ListType(new NestedField(4, FieldType.Long, false))),
        ]);
        var one = new Dictionary<string, string>
        {
            ["num_values"] = "1", ["null_count"] = "0", ["min"] = "1", ["max"] = "1",
        };
        var columns = new Dictionary<string, IReadOnlyDictionary<string, string>>
        {
            ["\"res\".\"service_x2Ename\""] = one,
            ["\"tags\".\"element\""] = one,
        };

        DataFileStatistics statistics = DataFileStatistics.FromDuckDb(columns, schema);

        statistics.LowerBounds.Keys.ShouldBe([2]);
        statistics.ValueCounts.Keys.ShouldBe([2]);
    }
}
