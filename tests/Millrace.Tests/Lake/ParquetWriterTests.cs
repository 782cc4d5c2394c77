using System.Text;
using Millrace.DuckDb;
using Millrace.Events;
using Millrace.Iceberg;
using Millrace.Lake;
using Millrace.Log;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Lake;

public sealed class ParquetWriterTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly Database _database = Database.Open(null);
    private readonly Connection _connection;
    private readonly Zstd _zstd = new(1);

    public ParquetWriterTests()
    {
        _connection = _database.Connect();
        _connection.Execute("SET TimeZone = 'UTC'");
    }

    public void Dispose()
    {
        _zstd.Dispose();
        _connection.Dispose();
        _database.Dispose();
        _scratch.Dispose();
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 7)]
    [InlineData(3, 9)]
    [InlineData(4, 1_000)]
    [InlineData(5, ParquetWriter.RowGroupRows + 1)]
    public void Another_reader_finds_what_was_written(int seed, int count)
    {
        var random = new RandomRows(seed, count, _connection);

        var plain = Write(random.Rows, null);
        var compressed = Write(random.Rows, _zstd);

        (random.Differences(plain.Path), random.Differences(compressed.Path)).ShouldBe((0, 0), $"seed {seed}");
        compressed.File.Rows.ShouldBe(count);
        compressed.File.Checksum.Bytes.ShouldBe(new FileInfo(compressed.Path).Length);
    }

    [Theory]
    [InlineData(11, 3)]
    [InlineData(12, 3_000)]
    public void Bounds_and_counts_are_those_of_the_rows(int seed, int count)
    {
        var random = new RandomRows(seed, count, _connection);

        var statistics = Write(random.Rows, _zstd).File.Statistics;

        foreach (var field in LakeTable.Events.Schema.Fields)
        {
            var row = _connection.Query(
                $"SELECT count(*) - count({field.Name}), min({field.Name}), max({field.Name}) FROM expected").Rows().Single();
            var type = (PrimitiveType)field.Type;
            statistics.NullCounts[field.Id].ShouldBe((long)row[0]!, field.Name);
            statistics.ValueCounts[field.Id].ShouldBe(count);
            statistics.LowerBounds.GetValueOrDefault(field.Id).ShouldBe(
                row[1] is { } least ? Bounds.Lower(type, Stored(least)) : null, field.Name);
            statistics.UpperBounds.GetValueOrDefault(field.Id).ShouldBe(
                row[2] is { } greatest ? Bounds.Upper(type, Stored(greatest)) : null, field.Name);
        }
    }

    [Fact]
    public void A_reader_may_skip_row_groups_by_their_statistics()
    {
        var rows = new LakeRows(LakeTable.Events);
        for (var row = 0; row < 3 * ParquetWriter.RowGroupRows; row++)
        {
            rows.Set((int)EventColumn.Tenant, Encoding.ASCII.GetBytes($"t{row / ParquetWriter.RowGroupRows}"));
            rows.Set((int)EventColumn.Properties, Encoding.ASCII.GetBytes(new string('x', 100)));
            rows.EndRow();
        }

        var path = Write(rows, _zstd).Path;

        _connection.Query($"""
            SELECT stats_min_value, stats_max_value, stats_null_count, compression FROM parquet_metadata('{path}')
            WHERE path_in_schema = 'tenant' ORDER BY row_group_id
            """).Rows().Select(row => (row[0], row[1], row[2])).ShouldBe([("t0", "t0", 0L), ("t1", "t1", 0L), ("t2", "t2", 0L)]);
        _connection.Scalar<long>($"SELECT count(*) FROM '{path}' WHERE tenant = 't1'").ShouldBe(ParquetWriter.RowGroupRows);
        // Text that is too long for a bound is left without one.
        _connection.Query($"SELECT stats_min_value FROM parquet_metadata('{path}') WHERE path_in_schema = 'properties'")
            .Rows().ShouldAllBe(row => row[0] == null);
    }

    [Fact]
    public void The_file_says_which_field_each_column_is()
    {
        var rows = new LakeRows(LakeTable.Ledger);
        rows.Set(1, 0);
        rows.EndRow();

        var path = Write(rows, _zstd).Path;

        _connection.Query($"SELECT name, field_id FROM parquet_schema('{path}') WHERE field_id IS NOT NULL").Rows()
            .Select(row => ((string)row[0]!, (long)row[1]!))
            .ShouldBe(LakeTable.Ledger.Schema.Fields.Select(field => (field.Name, (long)field.Id)));
        _connection.Query($"SELECT column_name, column_type FROM (DESCRIBE FROM '{path}')").Rows()
            .Select(row => (string)row[1]!).ShouldBe(
                ["TIMESTAMP WITH TIME ZONE", .. Enumerable.Repeat("VARCHAR", 5), "BIGINT", "BIGINT"]);
        _connection.Scalar<string>($"SELECT decode(value) FROM parquet_kv_metadata('{path}') WHERE decode(key) = 'iceberg.schema'")
            .ShouldBe(LakeTable.Ledger.Schema.ToJson());
    }

    [Fact]
    public void Rows_that_are_cleared_leave_nothing_behind()
    {
        var random = new RandomRows(21, 2_000, _connection);
        random.Rows.Clear();
        random.Rows.Set((int)EventColumn.Event, "e"u8);
        random.Rows.EndRow();

        var path = Write(random.Rows, _zstd).Path;

        var row = _connection.Query($"FROM '{path}'").Rows().Single();
        row.Where(value => value is not null).ShouldBe(["e"]);
    }

    private static object Stored(object value) => value switch
    {
        DateTime time => (time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond,
        DateTimeOffset time => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond,
        _ => value,
    };

    private (string Path, WrittenFile File) Write(LakeRows rows, Zstd? zstd)
    {
        var path = _scratch.In($"{(zstd is null ? "plain" : "zstd")}.parquet");
        return (path, new ParquetWriter(new PosixDisk(), zstd).Write(path, rows, [.. Enumerable.Range(0, rows.Count)]));
    }
}
