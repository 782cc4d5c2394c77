using Millrace.DuckDb;
using Millrace.Events;

namespace Millrace.Query;

/// <summary>One query's time in an instance of DuckDB: a session of its own, with a transaction that leaves nothing
/// behind.</summary>
/// <remarks>After <see cref="Begin"/> it may be asked for constants, inside the transaction in which the query will
/// run; then <see cref="Show"/> gives it the query's files.</remarks>
internal sealed class QuerySession : IDisposable
{
    private readonly ReadyInstances _ready;
    private QueryInstance? _instance;

    /// <exception cref="DuckDbException">No instance can be opened.</exception>
    /// <exception cref="IOException">Nor its scratch directory made.</exception>
    public QuerySession(ReadyInstances ready)
    {
        _ready = ready;
        _instance = ready.Take();
    }

    public Connection Connection => Instance.Connection;

    /// <summary>True once the query gave its last row. An instance in which one failed or was left is not used
    /// again.</summary>
    public bool IsDone { get; set; }

    /// <inheritdoc cref="QueryInstance.ParquetPath"/>
    public string ParquetPath => Instance.ParquetPath;

    private QueryInstance Instance
    {
        get
        {
            ObjectDisposedException.ThrowIf(_instance is null, this);
            return _instance;
        }
    }

    /// <summary>From here on <c>now()</c> stands still.</summary>
    public void Begin() => Connection.Execute("BEGIN TRANSACTION");

    /// <summary>Fills the tables.</summary>
    /// <param name="plans">With what.</param>
    /// <param name="tenant">Only its rows; empty: all.</param>
    public void Show(IReadOnlyList<TablePlan> plans, string tenant)
    {
        foreach (var plan in plans)
        {
            Instance.Show(plan, tenant);
        }
    }

    /// <summary>The statement with its values, ready to run.</summary>
    public Statement Prepare(CheckedQuery query, QueryRequest request)
    {
        var statement = Connection.Prepare(request.IsIntoParquet ? IntoParquet(query) : query.Text);
        try
        {
            for (var i = 0; i < request.Parameters.Count; i++)
            {
                _ = request.Parameters[i] switch
                {
                    null => statement.BindNull(i + 1),
                    long number => statement.Bind(i + 1, number),
                    double number => statement.Bind(i + 1, number),
                    bool flag => statement.Bind(i + 1, flag),
                    var text => statement.Bind(i + 1, (string)text),
                };
            }
            return statement;
        }
        catch
        {
            statement.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _instance, null) is not { } instance)
        {
            return; // Once: two queries in one instance would see each other's rows.
        }
        if (IsDone)
        {
            _ready.Return(instance);
        }
        else
        {
            _ready.Replace(instance);
        }
    }

    /// <summary>The statement comes back from its tree, so that no comment or semicolon of it can end the
    /// COPY.</summary>
    private string IntoParquet(CheckedQuery query)
    {
        using var text = Connection.Prepare("SELECT json_deserialize_sql(CAST(? AS JSON))");
        var tree = $$"""{"error":false,"statements":[{{query.Statement.GetRawText()}}]}""";
        using var result = text.Bind(1, tree).Execute();
        return $"COPY ({result.Rows().Single()[0]}) TO {Sql.Text(ParquetPath)} (FORMAT parquet, COMPRESSION zstd)";
    }
}
