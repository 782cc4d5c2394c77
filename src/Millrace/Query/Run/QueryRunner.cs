using Millrace.DuckDb;
using Millrace.Events;
using Millrace.Iceberg;
using Millrace.Lake;

namespace Millrace.Query;

/// <summary>Runs one SELECT from outside: gate, place, snapshot, files, session, rows. Thread safe.</summary>
internal sealed class QueryRunner(
    LakeReader lake, QueryOptions options, string scratch, TimeProvider time) : IAsyncDisposable
{
    private readonly SqlGate _gate = new();
    private readonly QueryPlaces _places = new(options.ConcurrencyMax, options.WaitingMax);
    private readonly ReadyInstances _ready = new(options, lake.Directories, scratch, time);

    public QueryOptions Options { get; } = options;

    /// <summary>Removes what a former process left in a scratch directory that nobody else uses.</summary>
    public static void EmptyScratch(string scratch)
    {
        if (Directory.Exists(scratch))
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    /// <summary>Starts a query and returns when its first rows are there.</summary>
    /// <exception cref="QueryRefusedException">The statement, the line or the clock says no.</exception>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public async Task<RunningQuery> StartAsync(QueryRequest request, CancellationToken ct)
    {
        if (!_gate.TryCheck(request.Sql, request.Parameters.Count, out var query, out var refusal))
        {
            throw new QueryRefusedException(refusal);
        }
        var deadline = new QueryDeadline(request.Timeout ?? Options.Timeout, time, ct);
        QueryPlaces.Place? place = null;
        try
        {
            place = await _places.TakeAsync(deadline.Token);
            var work = new Work(query, request, deadline, place);
            try
            {
                return await AttemptAsync(work);
            }
            catch (DuckDbException failure) when (failure.Type == DuckDbErrorType.IO)
            {
                // The lake may have replaced a file between listing and opening: once more, on what is there now.
                return await AttemptAsync(work);
            }
        }
        catch (Exception failure)
        {
            try
            {
                // In its place: it may read files.
                if (deadline.Explain(failure) is var explained && !ReferenceEquals(explained, failure))
                {
                    throw explained;
                }
            }
            finally
            {
                place?.Dispose();
                deadline.Dispose();
            }
            throw;
        }
    }

    /// <summary>Runs a query of our own as one from outside: in its turn, in a session of its own, under the default
    /// time limit.</summary>
    /// <exception cref="QueryRefusedException">The line or the clock says no.</exception>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public async Task RunOwnAsync(Func<QuerySession, CancellationToken, Task> query, CancellationToken ct)
    {
        using var deadline = new QueryDeadline(Options.Timeout, time, ct);
        try
        {
            using var place = await _places.TakeAsync(deadline.Token);
            using var session = new QuerySession(_ready);
            deadline.Guard(session.Connection);
            session.Begin();
            await query(session, deadline.Token);
            session.IsDone = true;
        }
        catch (Exception failure) when (failure is DuckDbException or OperationCanceledException
            or IcebergFormatException or IcebergUnsupportedException or CatalogDamagedException)
        {
            throw deadline.Explain(failure);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _gate.Dispose();
        _places.Dispose();
        await _ready.DisposeAsync();
    }

    private async Task<RunningQuery> AttemptAsync(Work work)
    {
        var ct = work.Deadline.Token;
        var session = new QuerySession(_ready);
        Statement? statement = null;
        try
        {
            work.Deadline.Guard(session.Connection);
            var snapshot = lake.SnapshotAsync(ct);
            var predicates = Task.Run(() => Predicates(session, work), ct);
            await Task.WhenAll(snapshot, predicates);
            var view = await snapshot;
            var plans = new List<TablePlan>();
            foreach (var (table, wanted) in await predicates)
            {
                plans.Add(await view.PlanAsync(table, wanted, ct));
            }
            work.Deadline.Files = [.. plans.SelectMany(plan => plan.Files)];
            var statistics = await StatisticsAsync(session.Connection, view, plans, ct);
            return await Task.Run(() =>
            {
                session.Show(plans, work.Request.Tenant);
                statement = session.Prepare(work.Query, work.Request);
                var parts = new RunningQuery.Parts(work.Place, work.Deadline, session, statement, statistics);
                return RunningQuery.Start(parts, work.Request.IsIntoParquet);
            }, ct);
        }
        catch
        {
            statement?.Dispose();
            session.Dispose();
            throw;
        }
    }

    /// <summary>Begins, and computes what the files of each table in the query must possibly hold: a predicate for
    /// each place that reads it.</summary>
    private static Dictionary<LakeTable, IReadOnlyList<Predicate>> Predicates(QuerySession session, Work work)
    {
        session.Begin();
        var references = work.Query.References;
        var predicates = FilterValues.Evaluate(session.Connection, work.Query, work.Request.Parameters);
        return references.Zip(predicates).GroupBy(pair => pair.First.Table).ToDictionary(
            pairs => LakeTable.All.Single(table => table.Name == pairs.Key),
            pairs => (IReadOnlyList<Predicate>)[.. pairs.Select(
                pair => OfTenant(pair.Second, work.Request.Tenant, pairs.Key))]);
    }

    private static Predicate OfTenant(Predicate predicate, string tenant, string table)
    {
        if (tenant.Length == 0)
        {
            return predicate;
        }
        var column = LakeTable.All.Single(known => known.Name == table).Schema.Find("tenant")!;
        return new Predicate(
            [.. predicate.Conditions, new Condition(column.Id, Comparison.Equal, Bounds.String(tenant))]);
    }

    private static async Task<QueryStatistics> StatisticsAsync(
        Connection connection, LakeView view, List<TablePlan> plans, CancellationToken ct)
    {
        var newest = view.NewestHotEvents().ToList();
        var hotUpTo = newest.Count == 0 ? null : await Task.Run(() => connection.Scalar<DateTimeOffset?>(
            $"SELECT max(received_time) FROM read_parquet({Sql.List(newest)}, hive_partitioning = false)"), ct);
        var hotBytes = plans.SelectMany(plan => plan.HotFiles).Select(path => new FileInfo(path))
            .Where(file => file.Exists);
        return new QueryStatistics(
            plans.Sum(plan => plan.LakeFiles.Count + plan.HotFiles.Count),
            plans.Sum(plan => plan.LakeFiles.Values.Sum()) + hotBytes.Sum(file => file.Length),
            hotUpTo ?? await view.CommittedUpToAsync(ct));
    }

    private sealed record Work(
        CheckedQuery Query, QueryRequest Request, QueryDeadline Deadline, QueryPlaces.Place Place);
}
