using Millrace.Iceberg;
using Millrace.Lake;

namespace Millrace.Tests.Lake.Compact;

public sealed class CompactorTests : IDisposable
{
    private const string Day = "TIMESTAMPTZ '2026-03-01 00:00:00+00'";
    private static readonly DateTime Later = new(2026, 3, 9, 0, 0, 0, DateTimeKind.Utc);
    private static readonly long Hour10 = (long)(new DateTime(2026, 3, 1, 10, 0, 0) - DateTime.UnixEpoch).TotalHours;

    private readonly CompactLake _lake = new();

    public void Dispose() => _lake.Dispose();

    [Fact]
    public async Task An_hour_becomes_few_sorted_files_with_the_same_rows()
    {
        for (var commit = 0; commit < 12; commit++)
        {
            await _lake.CommitAsync(LakeTable.Events, Events(commit, 500), Hour10);
        }
        await _lake.KeepAsync(LakeTable.Events, "before");
        var position = Positions.ReadAll((await _lake.TableAsync(LakeTable.Events)).Metadata);

        (await _lake.CompactAsync(LakeTable.Events, Later)).ShouldBe(1);

        (await _lake.FilesAsync(LakeTable.Events)).ShouldHaveSingleItem().RecordCount.ShouldBe(6000);
        (await _lake.DifferencesAsync(LakeTable.Events, "before")).ShouldBe(0);
        await _lake.CheckAsync(LakeTable.Events);
        var after = (await _lake.TableAsync(LakeTable.Events)).Metadata;
        after.CurrentSnapshot!.Summary["operation"].ShouldBe("replace");
        Positions.ReadAll(after).ShouldBe(position);
    }

    [Fact]
    public async Task Rows_are_read_in_ranges_however_uneven_the_keys_are()
    {
        // One tenant with nearly all rows; of it one event with nearly all; of that one moment with nearly all.
        await _lake.CommitAsync(LakeTable.Events, $"""
            SELECT 'e' || i AS event_id, CASE WHEN i % 50 = 0 THEN 't' || (i % 7) ELSE 'large' END AS tenant,
                CASE WHEN i % 40 = 1 THEN NULL WHEN i % 41 = 1 THEN chr(0) || i ELSE 'it''s' END AS event,
                {Day} + to_hours(10) + to_microseconds(CASE WHEN i % 30 = 0 THEN i ELSE 77 END) AS event_time,
                repeat('x', (i % 100)::INT) AS properties, i AS log_offset, 0::INT AS batch_index
            FROM range(30000) r(i)
            """, Hour10);
        await _lake.CommitAsync(LakeTable.Events, Events(1, 10), Hour10);
        await _lake.KeepAsync(LakeTable.Events, "before");

        await _lake.CompactAsync(LakeTable.Events, Later);

        (await _lake.FilesAsync(LakeTable.Events)).ShouldHaveSingleItem();
        (await _lake.DifferencesAsync(LakeTable.Events, "before")).ShouldBe(0);
        await _lake.CheckAsync(LakeTable.Events);
        _lake.Query($"SELECT count(*) FROM parquet_metadata('{_lake.Data(LakeTable.Events)}/**/shared-*.parquet') WHERE path_in_schema = 'tenant'")
            .Single()[0].ShouldBeOfType<long>().ShouldBeGreaterThan(8, "a row group a range, at least");
    }

    [Fact]
    public async Task Large_tenants_get_a_file_each_and_the_others_share_few()
    {
        _lake.Options = _lake.Options with { GoodBytes = 40_000, FileBytesMax = 60_000, OwnFileBytes = 30_000 };
        for (var commit = 0; commit < 6; commit++)
        {
            await _lake.CommitAsync(LakeTable.Events, Events(commit, 4000, tenants: 40), Hour10);
        }
        await _lake.KeepAsync(LakeTable.Events, "before");

        await _lake.CompactAsync(LakeTable.Events, Later);

        var plan = new CompactionPlan(LakeTable.Events, _lake.Options);
        var files = await _lake.FilesAsync(LakeTable.Events);
        files.Count(plan.IsOwn).ShouldBeGreaterThan(1);
        files.Count(file => !plan.IsOwn(file)).ShouldBeInRange(2, 4);
        files.Where(plan.IsOwn).Select(file => file.LowerBounds[2]).Select(Convert.ToHexString).ShouldBeUnique();
        (await _lake.DifferencesAsync(LakeTable.Events, "before")).ShouldBe(0);
        await _lake.CheckAsync(LakeTable.Events);
        (await _lake.JobsAsync(LakeTable.Events, Later)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Late_rows_of_a_day_are_one_file_until_there_are_enough_to_go_to_their_hours()
    {
        _lake.Options = _lake.Options with { GoodBytes = 60_000 };
        for (var hour = 0; hour < 24; hour++)
        {
            await _lake.CommitAsync(LakeTable.Events, Events(hour, 800, at: hour), Hour10 - 10 + hour);
        }
        for (var commit = 0; commit < 4; commit++)
        {
            await _lake.CommitAsync(LakeTable.Events, LateEvents(commit, 48), Hour10 + 100);
        }
        await _lake.KeepAsync(LakeTable.Events, "before");
        var plan = new CompactionPlan(LakeTable.Events, _lake.Options);
        (await _lake.CompactAsync(LakeTable.Events, Later)).ShouldBe(1);
        (await _lake.FilesAsync(LakeTable.Events)).Select(plan.SlotOf).Count(slot => slot.Hour is null).ShouldBe(1);
        (await _lake.DifferencesAsync(LakeTable.Events, "before")).ShouldBe(0);

        await _lake.CommitAsync(LakeTable.Events, LateEvents(9, 4000), Hour10 + 100);
        await _lake.KeepAsync(LakeTable.Events, "before");
        await _lake.CompactAsync(LakeTable.Events, Later);

        var slots = (await _lake.FilesAsync(LakeTable.Events)).Select(plan.SlotOf).ToList();
        slots.Count.ShouldBe(24);
        slots.ShouldBeUnique();
        slots.ShouldAllBe(slot => slot.Hour != null);
        (await _lake.DifferencesAsync(LakeTable.Events, "before")).ShouldBe(0);
        await _lake.CheckAsync(LakeTable.Events);
    }

    [Fact]
    public async Task Late_copies_are_dropped_and_the_ledger_says_so()
    {
        const string Events = $"""
            SELECT event_id, tenant, 'web' AS source, 'view' AS event, {Day} + to_hours(10) AS event_time,
                {Day} + to_hours(received) + to_seconds(70) AS received_time, '00000000000000aa' AS node,
                received AS log_offset, i::INT AS batch_index FROM (VALUES
            """;
        const string Columns = "v(i, event_id, tenant, received)";
        await _lake.CommitAsync(LakeTable.Ledger, $"""
            SELECT {Day} + to_hours(h) + to_minutes(1) AS minute, 'acme' AS tenant, outcome, 3 AS events
            FROM (VALUES (200), (300)) h(h), (VALUES ('received'), ('stored')) o(outcome)
            """);
        await _lake.CommitAsync(LakeTable.Events, $"{Events} (0, 'a', 'acme', 10), (1, 'b', 'acme', 10)) {Columns}", Hour10);
        await _lake.CommitAsync(
            LakeTable.Events,
            // Of a twice; of c the second; of a, which is another tenant's, none; of those without an id none.
            $"{Events} (0, 'a', 'acme', 200), (1, 'c', 'acme', 200), (2, 'a', 'bolt', 200), (3, NULL, 'acme', 200)) {Columns}",
            Hour10 + 200);
        await _lake.CommitAsync(
            LakeTable.Events, $"{Events} (0, 'a', 'acme', 300), (1, 'c', 'acme', 300), (2, NULL, 'acme', 300)) {Columns}",
            Hour10 + 300);

        var job = (await _lake.JobsAsync(LakeTable.Events, Later)).ShouldHaveSingleItem();
        var compacted = await _lake.RunAsync(job);

        compacted.Duplicates.ShouldBe(3);
        await _lake.KeepAsync(LakeTable.Events, "kept");
        _lake.Query("SELECT coalesce(event_id, '-') || ' ' || tenant || ' ' || log_offset FROM kept ORDER BY ALL")
            .Select(row => (string)row[0]!).ShouldBe(
                ["- acme 200", "- acme 300", "a acme 10", "a bolt 200", "b acme 10", "c acme 200"]);
        await _lake.KeepAsync(LakeTable.Ledger, "ledger");
        _lake.Query($"""
            SELECT outcome || ' ' || sum(events)::BIGINT FROM ledger GROUP BY minute, outcome ORDER BY minute, outcome
            """).Select(row => (string)row[0]!).ShouldBe(
                ["duplicate 1", "received 3", "stored 2", "duplicate 2", "received 3", "stored 1"]);
        await _lake.CheckAsync(LakeTable.Events);
        await _lake.CheckAsync(LakeTable.Ledger);
        (await _lake.TableAsync(LakeTable.Events)).Metadata.CurrentSnapshot!.Summary["operation"].ShouldBe("overwrite");
        Positions.Read((await _lake.TableAsync(LakeTable.Events)).Metadata, CompactLake.Node).ShouldBe(4);
    }

    [Theory]
    [InlineData("failed_events", "SELECT 'f' || i AS failed_id, 't' || (i % 3) AS tenant, TIMESTAMPTZ '2026-03-01 00:00:00+00' + to_seconds(i) AS received_time, encode('x' || i) AS payload")]
    [InlineData("ledger", "SELECT TIMESTAMPTZ '2026-03-01 00:00:00+00' + to_minutes(i) AS minute, CASE WHEN i % 4 > 0 THEN 't' || (i % 3) END AS tenant, 'stored' AS outcome, i AS events")]
    public async Task Other_tables_are_compacted_by_day(string name, string select)
    {
        var table = LakeTable.All.Single(table => table.Name == name);
        for (var commit = 0; commit < 5; commit++)
        {
            await _lake.CommitAsync(table, $"{select} FROM range({commit}, 1000, 5) r(i)");
        }
        await _lake.KeepAsync(table, "before");

        (await _lake.CompactAsync(table, Later)).ShouldBe(1);

        (await _lake.FilesAsync(table)).ShouldHaveSingleItem();
        (await _lake.DifferencesAsync(table, "before")).ShouldBe(0);
        await _lake.CheckAsync(table);
    }

    [Fact]
    public async Task Files_that_went_meanwhile_are_not_brought_back()
    {
        await _lake.CommitAsync(LakeTable.Events, Events(1, 10), Hour10);
        await _lake.CommitAsync(LakeTable.Events, Events(2, 10), Hour10);
        var job = (await _lake.JobsAsync(LakeTable.Events, Later)).Single();
        var change = new TableChange(LakeTable.Events.TableName).Delete([job.Inputs[0]]);
        await new Transaction(_lake.Catalog, _lake.Tables.Store).CommitAsync(new TransactionRequest([change]), default);

        await Should.ThrowAsync<StaleChangeException>(() => _lake.RunAsync(job));

        (await _lake.FilesAsync(LakeTable.Events)).ShouldHaveSingleItem().Path.ShouldBe(job.Inputs[1].Path);
        Written().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_damaged_file_is_named_and_left_as_it_is()
    {
        await _lake.CommitAsync(LakeTable.Events, Events(1, 100), Hour10);
        await _lake.CommitAsync(LakeTable.Events, Events(2, 100), Hour10);
        var job = (await _lake.JobsAsync(LakeTable.Events, Later)).Single();
        var path = _lake.Tables.Store.Objects.LocalPath(job.Inputs[1].Path);
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);

        var failure = await Should.ThrowAsync<IcebergFormatException>(() => _lake.RunAsync(job));

        failure.Message.ShouldContain(Path.GetFileName(path));
        (await _lake.FilesAsync(LakeTable.Events)).Count.ShouldBe(2);
        Written().ShouldBeEmpty();
    }

    [Fact]
    public async Task One_that_fails_at_any_change_or_is_stopped_leaves_nothing()
    {
        for (var commit = 0; commit < 3; commit++)
        {
            await _lake.CommitAsync(LakeTable.Events, Events(commit, 5_000), Hour10);
        }
        await _lake.KeepAsync(LakeTable.Events, "before");
        var job = (await _lake.JobsAsync(LakeTable.Events, Later)).Single();
        using var stop = new CancellationTokenSource();
        var (failAt, isStopping, changes) = (1, false, 0);
        _lake.Disk.BeforeChange = (_, path) =>
        {
            changes++;
            if (isStopping && path.Contains("shared-", StringComparison.Ordinal))
            {
                stop.Cancel(); // At its first range.
            }
            if (changes == failAt)
            {
                throw new IOException($"No room for {path}.");
            }
        };
        for (; ; failAt++)
        {
            changes = 0;
            if (await Record.ExceptionAsync(() => _lake.RunAsync(job)) is null)
            {
                break;
            }
            failAt.ShouldBeLessThan(100);
            Written().ShouldBeEmpty($"after change {failAt}");
            (await _lake.FilesAsync(LakeTable.Events)).Count.ShouldBe(3);
        }
        failAt.ShouldBeGreaterThan(6, "scratch, file, its place, metadata");
        (await _lake.DifferencesAsync(LakeTable.Events, "before")).ShouldBe(0);
        failAt = int.MaxValue;
        await _lake.CommitAsync(LakeTable.Events, Events(9, 5_000), Hour10);
        job = (await _lake.JobsAsync(LakeTable.Events, Later)).Single();
        isStopping = true;

        await Should.ThrowAsync<OperationCanceledException>(() => _lake.RunAsync(job, stop.Token));

        Written().Count().ShouldBe(1);
        await _lake.CheckAsync(LakeTable.Events);
    }

    private IEnumerable<string> Written() =>
        Directory.GetFiles(_lake.Data(LakeTable.Events), "*", SearchOption.AllDirectories)
            .Where(path => Path.GetFileName(path)[..3] is "own" or "sha" || !path.EndsWith(".parquet", StringComparison.Ordinal));

    /// <summary>Events of an hour; the first tenants have most.</summary>
    private static string Events(int commit, int count, int tenants = 5, int at = 10) => $"""
        SELECT 'e{commit}-' || i AS event_id, 'tenant-with-a-long-name-' || ({tenants} * pow(random(), 4))::INT AS tenant,
            ['view', 'click', NULL][1 + i % 3] AS event,
            {Day} + to_hours({at}) + to_microseconds(i * 3599999999 // {count}) AS event_time,
            uuid() || repeat('x', 1 + (random() * 20)::INT) AS properties, i / 7.0 AS latitude, i % 2 = 0 AS is_bot,
            {commit}::BIGINT AS log_offset, i::INT AS batch_index
        FROM range({count}) r(i)
        """;

    private static string LateEvents(int commit, int count) =>
        Events(100 + commit, count, at: 0).Replace("i * 3599999999", "24 * i * 3599999999", StringComparison.Ordinal);
}
