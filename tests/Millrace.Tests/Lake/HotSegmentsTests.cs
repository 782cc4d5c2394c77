using Millrace.DuckDb;
using Millrace.Events;
using Millrace.Lake;
using Millrace.Log;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Lake;

public sealed class HotSegmentsTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Lists_those_at_or_after_the_position_of_their_node_in_order()
    {
        Touch("aa-0-80", "aa-80-96", "aa-104-1000", "bb-8-16", "bb-16-24");

        var listed = List(node => node == "aa" ? 80 : 16);

        listed.Select(hot => (Path.GetFileName(hot.Path), hot.First, hot.End)).ShouldBe(
            [("bb-16-24.parquet", 16, 24), ("aa-80-96.parquet", 80, 96), ("aa-104-1000.parquet", 104, 1000)]);
    }

    [Fact]
    public void Names_of_other_files_are_passed_over()
    {
        Touch("aa-0-80");
        string[] others = ["aa-80-96.parquet.tmp", "aa-80.parquet", "aa-x-96.parquet", "aa-1-2-3.parquet", "x"];
        foreach (var name in others)
        {
            File.WriteAllText(_scratch.In("events/" + name), "");
        }

        List(_ => 0).Single().End.ShouldBe(80);
    }

    [Fact]
    public void A_directory_that_is_missing_holds_none() => List(_ => 0).ShouldBeEmpty();

    [Fact]
    public void A_reset_removes_those_of_its_node_alone()
    {
        Touch("aa-0-80", "bb-0-80");
        File.WriteAllText(_scratch.In("events/aa-80-96.parquet.tmp"), "");

        new HotSegments(new PosixDisk(), _scratch.Path, "aa").Reset();

        Directory.EnumerateFiles(_scratch.In("events")).Select(Path.GetFileName).ShouldBe(["bb-0-80.parquet"]);
    }

    [Fact]
    public void A_path_may_hold_quotes_and_brackets()
    {
        var directory = _scratch.In("o'hara [1] {a}");
        using var database = Database.Open(null);
        using var connection = database.Connect();
        var rows = new LakeRows(LakeTable.FailedEvents);
        rows.Set(1, "x"u8);
        rows.EndRow();
        var hot = new HotSegments(new PosixDisk(), directory, "aa");
        hot.Reset();

        hot.Write(rows, 0, (8, 16));

        var path = HotSegments.List(directory, LakeTable.FailedEvents, _ => 8).Single().Path;
        connection.Scalar<string>($"SELECT failed_id FROM read_parquet({Sql.List([path])})").ShouldBe("x");
    }

    private IReadOnlyList<HotSegment> List(Func<string, long> positionOf) =>
        HotSegments.List(_scratch.Path, LakeTable.Events, positionOf);

    private void Touch(params string[] names)
    {
        Directory.CreateDirectory(_scratch.In("events"));
        foreach (var name in names)
        {
            File.WriteAllText(_scratch.In($"events/{name}.parquet"), "");
        }
    }
}
