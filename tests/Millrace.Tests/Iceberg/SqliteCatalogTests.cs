using Microsoft.Data.Sqlite;
using Millrace.Iceberg;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Iceberg;

public sealed class SqliteCatalogTests : IAsyncLifetime
{
    private static readonly TableName s_events = new("millrace", "events");
    private static readonly TableName s_failed = new("millrace", "failed_events");
    private readonly ScratchDirectory _directory = new();
    private SqliteCatalog _catalog = null!;

    private string DatabasePath => _directory.In("catalog.db");

    public async ValueTask InitializeAsync() => _catalog = await SqliteCatalog.OpenAsync(DatabasePath, default);

    public ValueTask DisposeAsync()
    {
        _catalog.Dispose();
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task<CommitOutcome> CommitAsync(params TableSwap[] swaps) =>
        _catalog.CommitAsync(new CatalogCommit(swaps, []), default);

    [Fact]
    public async Task A_table_is_created_once_and_moved_from_where_it_is()
    {
        (await _catalog.LoadAsync(s_events, default)).ShouldBeNull();
        (await CommitAsync(new TableSwap(s_events, null, "a"))).ShouldBe(CommitOutcome.Committed);
        (await CommitAsync(new TableSwap(s_events, null, "b"))).ShouldBe(CommitOutcome.Conflict);
        (await CommitAsync(new TableSwap(s_events, "b", "c"))).ShouldBe(CommitOutcome.Conflict);
        (await CommitAsync(new TableSwap(s_events, "a", "c"))).ShouldBe(CommitOutcome.Committed);

        (await _catalog.LoadAsync(s_events, default)).ShouldBe("c");
        (await _catalog.ListAsync(default)).ShouldBe([s_events]);
    }

    [Fact]
    public async Task One_conflict_undoes_everything()
    {
        await CommitAsync(new TableSwap(s_events, null, "a"));

        CommitOutcome outcome = await _catalog.CommitAsync(new CatalogCommit(
            [new TableSwap(s_failed, null, "f"), new TableSwap(s_events, "wrong", "b")],
            [new SideRow("id_runs", "k", "v")]), default);

        outcome.ShouldBe(CommitOutcome.Conflict);
        CatalogSnapshot snapshot = await _catalog.SnapshotAsync([s_events, s_failed], ["id_runs"], default);
        snapshot.Locations.ShouldBe(new Dictionary<TableName, string> { [s_events] = "a" });
        snapshot.Sides["id_runs"].ShouldBeEmpty();
    }

    [Fact]
    public async Task Side_rows_are_set_replaced_and_deleted_with_the_tables()
    {
        await _catalog.CommitAsync(new CatalogCommit(
            [new TableSwap(s_events, null, "a")],
            [new SideRow("id_runs", "k", "1"), new SideRow("id_runs", "l", "1")]), default);
        await _catalog.CommitAsync(new CatalogCommit(
            [new TableSwap(s_events, "a", "b")],
            [new SideRow("id_runs", "k", "2"), new SideRow("id_runs", "l", null)]), default);

        (await _catalog.ReadSideAsync("id_runs", default)).ShouldBe(new Dictionary<string, string> { ["k"] = "2" });
        (await _catalog.ReadSideAsync("never_written", default)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("iceberg_tables")]
    [InlineData("sqlite_master")]
    [InlineData("x; DROP TABLE iceberg_tables")]
    [InlineData("")]
    [InlineData("1a")]
    public async Task A_side_table_needs_a_plain_name_of_its_own(string name) =>
        await Should.ThrowAsync<ArgumentException>(() =>
        _catalog.CommitAsync(new CatalogCommit([], [new SideRow(name, "k", "v")]), default));

    [Fact]
    public async Task A_location_the_catalog_cannot_hold_is_refused() =>
        await Should.ThrowAsync<ArgumentException>(() =>
        CommitAsync(new TableSwap(s_events, null, new string('a', 1001))));

    [Fact]
    public async Task The_database_is_laid_out_as_other_engines_expect()
    {
        await CommitAsync(new TableSwap(s_events, null, "a"));
        await CommitAsync(new TableSwap(s_events, "a", "b"));

        Query("SELECT * FROM iceberg_tables").ShouldBe(["millrace|millrace|events|b|a|TABLE"]);
        Query("SELECT * FROM iceberg_namespace_properties").ShouldBe(["millrace|millrace|exists|true"]);
        Query("PRAGMA journal_mode").ShouldBe(["wal"]);
    }

    [Fact]
    public async Task A_view_of_another_engine_is_not_a_table()
    {
        Query("INSERT INTO iceberg_tables VALUES('millrace', 'millrace', 'v', 'x', NULL, 'VIEW')");
        Query("INSERT INTO iceberg_tables VALUES('millrace', 'millrace', 'old', 'x', NULL, NULL)");
        Query("INSERT INTO iceberg_tables VALUES('other', 'millrace', 'events', 'x', NULL, 'TABLE')");

        (await _catalog.ListAsync(default)).ShouldBe([new TableName("millrace", "old")]);
        (await _catalog.LoadAsync(new TableName("millrace", "v"), default)).ShouldBeNull();
        (await _catalog.LoadAsync(s_events, default)).ShouldBeNull();
    }

    [Fact]
    public async Task Of_writers_racing_from_the_same_place_exactly_one_wins()
    {
        using SqliteCatalog second = await SqliteCatalog.OpenAsync(DatabasePath, default);
        await CommitAsync(new TableSwap(s_events, null, "0"));
        for (int round = 0; round < 10; round++)
        {
            string from = (await _catalog.LoadAsync(s_events, default))!;
            CommitOutcome[] outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(writer =>
                (writer % 2 == 0 ? _catalog : second).CommitAsync(
                    new CatalogCommit([new TableSwap(s_events, from, $"{round}-{writer}")], []), default)));

            outcomes.Count(outcome => outcome == CommitOutcome.Committed).ShouldBe(1);
        }
    }

    [Fact]
    public async Task A_reader_sees_one_instant_while_a_writer_goes_on()
    {
        await CommitAsync(new TableSwap(s_events, null, "0"), new TableSwap(s_failed, null, "0"));
        Task writing = Task.Run(async () =>
        {
            for (int number = 0; number < 20; number++)
            {
                await CommitAsync(new TableSwap(s_events, $"{number}", $"{number + 1}"),
                    new TableSwap(s_failed, $"{number}", $"{number + 1}"));
            }
        });
        do
        {
            CatalogSnapshot snapshot = await _catalog.SnapshotAsync([s_events, s_failed], [], default);
            snapshot.Locations[s_events].ShouldBe(snapshot.Locations[s_failed]);
        }
        while (!writing.IsCompleted);
        await writing;
    }

    private List<string> Query(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        using SqliteDataReader reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(
                string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(column => reader.GetValue(column))));
        }
        return rows;
    }
}
