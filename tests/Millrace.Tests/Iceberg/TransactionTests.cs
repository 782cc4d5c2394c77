using Millrace.Iceberg;

namespace Millrace.Tests.Iceberg;

public class TransactionTests
{
    private static readonly SideRow s_run = new("id_runs", "n1-0-100", "ids/n1-0-100.run");
    private readonly World _world = new();

    private async Task CreateAsync(params TableName[] tables) => await _world.Transaction.CommitAsync(
        new TransactionRequest(
            [.. tables.Select(table => World.Creation(table).Append([_world.DataFile(1)]))]), default);

    private TransactionRequest AppendToBoth() => new(
    [
        new TableChange(World.Events).Append([_world.DataFile(1)]),
        new TableChange(World.Failed).Append([_world.DataFile(1)]),
    ])
    {
        SideRows = [s_run],
    };

    private async Task<IReadOnlyList<long>> RowsAsync() =>
        [await _world.RowsAsync(World.Events), await _world.RowsAsync(World.Failed)];

    [Fact]
    public async Task Several_tables_and_side_rows_become_true_together()
    {
        await CreateAsync(World.Events, World.Failed);

        await _world.Transaction.CommitAsync(AppendToBoth(), default);

        (await RowsAsync()).ShouldBe([20, 20]);
        (await _world.Catalog.ReadSideAsync("id_runs", default)).ShouldBe(
            new Dictionary<string, string> { [s_run.Key] = s_run.Value! });
    }

    [Fact]
    public async Task A_lost_race_is_derived_again_from_the_winner()
    {
        await CreateAsync(World.Events, World.Failed);
        TransactionRequest request = AppendToBoth();
        _world.Catalog.BeforeCommit = () =>
            _world.CommitAsync(new TableChange(World.Failed).Append([_world.DataFile(1)]));

        IReadOnlyDictionary<TableName, Table> results = await _world.Transaction.CommitAsync(request, default);

        (await RowsAsync()).ShouldBe([20, 30]);
        results[World.Failed].Metadata.LastSequenceNumber.ShouldBe(3);
        await ShouldHoldNoOrphansAsync();
    }

    [Fact]
    public async Task A_race_that_is_always_lost_ends()
    {
        await CreateAsync(World.Events, World.Failed);
        for (int number = 0; number < 30; number++)
        {
            _world.Catalog.Endings.Enqueue(Ending.Conflict);
        }

        await Should.ThrowAsync<StaleChangeException>(() => _world.Transaction.CommitAsync(AppendToBoth(), default));

        (await RowsAsync()).ShouldBe([10, 10]);
        await ShouldHoldNoOrphansAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_unknown_outcome_is_found_out_and_nothing_is_committed_twice(bool hasEffect)
    {
        await CreateAsync(World.Events, World.Failed);
        _world.Catalog.Endings.Enqueue(hasEffect ? Ending.UnknownWithEffect : Ending.UnknownWithoutEffect);

        IReadOnlyDictionary<TableName, Table> results = await _world.Transaction.CommitAsync(AppendToBoth(), default);

        (await RowsAsync()).ShouldBe([20, 20]);
        results[World.Events].MetadataLocation.ShouldBe(await _world.Catalog.LoadAsync(World.Events, default));
        await ShouldHoldNoOrphansAsync();
    }

    [Fact]
    public async Task An_unknown_outcome_is_found_in_the_history_when_others_have_gone_on()
    {
        await CreateAsync(World.Events, World.Failed);
        _world.Catalog.Endings.Enqueue(Ending.UnknownWithEffect);
        _world.Catalog.AfterUnknown = () =>
            _world.CommitAsync(new TableChange(World.Events).Append([_world.DataFile(1)]));

        await _world.Transaction.CommitAsync(AppendToBoth(), default);

        (await RowsAsync()).ShouldBe([30, 20]);
        await ShouldHoldNoOrphansAsync();
    }

    [Fact]
    public async Task A_catalog_that_cannot_be_read_after_an_unknown_outcome_is_asked_again()
    {
        await CreateAsync(World.Events, World.Failed);
        TransactionRequest request = AppendToBoth();
        _world.Catalog.Endings.Enqueue(Ending.UnknownWithEffect);
        _world.Catalog.AfterUnknown = () =>
        {
            _world.Catalog.FailingReads = 3;
            return Task.CompletedTask;
        };

        await _world.Transaction.CommitAsync(request, default);

        (await RowsAsync()).ShouldBe([20, 20]);
    }

    [Fact]
    public async Task A_commit_whose_outcome_stays_unknown_says_so_and_keeps_its_files()
    {
        await CreateAsync(World.Events, World.Failed);
        int files = _world.Objects.Locations.Count;
        for (int number = 0; number < 30; number++)
        {
            _world.Catalog.Endings.Enqueue(Ending.UnknownWithoutEffect);
        }

        await Should.ThrowAsync<CommitUnknownException>(() => _world.Transaction.CommitAsync(AppendToBoth(), default));

        _world.Objects.Locations.Count.ShouldBeGreaterThan(files + 20);
    }

    [Fact]
    public async Task A_validation_that_throws_aborts_and_is_asked_on_fresh_tables_each_time()
    {
        await CreateAsync(World.Events);
        var seen = new List<long>();
        _world.Catalog.BeforeCommit = () =>
            _world.CommitAsync(new TableChange(World.Events).Append([_world.DataFile(1)]));
        var request = new TransactionRequest([new TableChange(World.Events).Append([_world.DataFile(1)])])
        {
            ValidateAsync = (tables, _) =>
            {
                seen.Add(tables[World.Events].Metadata.LastSequenceNumber);
                return seen.Count > 1 ? throw new InvalidOperationException("moved") : ValueTask.CompletedTask;
            },
        };

        await Should.ThrowAsync<InvalidOperationException>(() => _world.Transaction.CommitAsync(request, default));

        seen.ShouldBe([1, 2]);
        (await _world.RowsAsync(World.Events)).ShouldBe(20);
        await ShouldHoldNoOrphansAsync();
    }

    [Fact]
    public async Task Two_changes_of_one_table_are_refused() => await Should.ThrowAsync<ArgumentException>(() =>
        _world.Transaction.CommitAsync(new TransactionRequest(
            [new TableChange(World.Events).AppendEmpty(), new TableChange(World.Events).AppendEmpty()]), default));

    [Fact]
    public async Task Nothing_to_change_is_no_commit()
    {
        await CreateAsync(World.Events);
        int before = _world.Catalog.Commits;

        await _world.CommitAsync(new TableChange(World.Events).MergeManifests());

        _world.Catalog.Commits.ShouldBe(before);
    }

    /// <summary>For every n: the store fails from its n-th operation on, before or after the effect of that
    /// one; then the tables are whole and either both as before or both as after.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_failure_at_any_operation_leaves_whole_tables(bool afterEffect)
    {
        for (int number = 1; ; number++)
        {
            var world = new World(seed: number);
            await world.Transaction.CommitAsync(new TransactionRequest(
                [.. new[] { World.Events, World.Failed }.Select(
                    table => World.Creation(table).Append([world.DataFile(1)]))]),
                default);
            var request = new TransactionRequest(
            [
                new TableChange(World.Events).Append([world.DataFile(2)]),
                new TableChange(World.Failed).Append([world.DataFile(2)]),
            ]);
            (world.Objects.FailFrom, world.Objects.FailsAfterEffect) = (world.Objects.Operations + number, afterEffect);
            Exception? failure = await Record.ExceptionAsync(() => world.Transaction.CommitAsync(request, default));
            world.Objects.Recover();

            long expected = failure is null ? 20 : 10;
            (await world.RowsAsync(World.Events)).ShouldBe(expected, $"operation {number}");
            (await world.RowsAsync(World.Failed)).ShouldBe(expected, $"operation {number}");
            (await IntegrityCheck.RunAsync(await world.LoadAsync(World.Events), world.Objects, default)).ShouldBeEmpty(
                );
            if (failure is null)
            {
                number.ShouldBeGreaterThan(8, "two metadata files and lists are read; six files are written");
                return;
            }
            failure.ShouldBeOfType<IOException>();
        }
    }

    /// <summary>Every file under metadata/ is reachable from the current state of its table.</summary>
    private async Task ShouldHoldNoOrphansAsync()
    {
        HashSet<string> reachable = [];
        foreach (TableName name in await _world.Catalog.ListAsync(default))
        {
            Table table = await _world.LoadAsync(name);
            reachable.Add(table.MetadataLocation);
            reachable.UnionWith(table.Metadata.MetadataLog.Select(entry => entry.MetadataFile));
            foreach (Snapshot snapshot in table.Metadata.Snapshots)
            {
                reachable.Add(snapshot.ManifestList);
                reachable.UnionWith(
                    (await _world.Store.ReadListAsync(snapshot, default)).Select(manifest => manifest.Path));
            }
        }
        _world.Objects.Locations
            .Where(location => location.Contains("/metadata/")).ShouldBe(reachable, ignoreOrder: true);
    }
}
