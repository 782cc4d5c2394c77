using Millrace.DuckDb;

namespace Millrace.Query;

/// <summary>A query that has started: its columns are known and its rows come chunk by chunk.</summary>
/// <remarks>Must be disposed, which frees its place. One caller at a time.</remarks>
internal sealed class RunningQuery : IDisposable
{
    private readonly QueryDeadline _deadline;
    private readonly QuerySession _session;
    private readonly Statement _statement;
    private readonly Result _result;
    private readonly IDisposable _place;
    private Chunk? _first;

    /// <summary>Runs a prepared statement up to its first rows. What it is given is its own from here on.</summary>
    private RunningQuery(Parts parts, Result result)
    {
        (_deadline, _session, _statement, _place) = (parts.Deadline, parts.Session, parts.Statement, parts.Place);
        (Statistics, _result) = (parts.Statistics, result);
        _first = Next();
    }

    /// <summary>In the order of the SELECT; names may repeat.</summary>
    public IReadOnlyList<ResultColumn> Columns => _result.Columns;

    public QueryStatistics Statistics { get; }

    /// <summary>The rows of a query into Parquet, complete.</summary>
    public string ParquetPath => _session.ParquetPath;

    /// <summary>Everything a started query holds.</summary>
    internal sealed record Parts(
        IDisposable Place, QueryDeadline Deadline, QuerySession Session, Statement Statement,
        QueryStatistics Statistics);

    /// <exception cref="DuckDbException">It failed before its first rows; nothing of the parts was
    /// disposed.</exception>
    internal static RunningQuery Start(Parts parts, bool isIntoParquet)
    {
        var result = isIntoParquet ? parts.Statement.Execute() : parts.Statement.Stream();
        parts.Session.IsDone = isIntoParquet;
        try
        {
            return new RunningQuery(parts, result);
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <summary>The next rows, or null at the end. A chunk shows other rows after the next call.</summary>
    /// <exception cref="QueryRefusedException">The query failed or ran out of time.</exception>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public async Task<Chunk?> NextAsync()
    {
        try
        {
            _deadline.Token.ThrowIfCancellationRequested();
            return Interlocked.Exchange(ref _first, null) ?? await Task.Run(Next, CancellationToken.None);
        }
        catch (Exception failure) when (failure is DuckDbException or OperationCanceledException)
        {
            throw _deadline.Explain(failure);
        }
    }

    public void Dispose()
    {
        try
        {
            _result.Dispose();
            _statement.Dispose();
            _deadline.Dispose();
            _session.Dispose();
        }
        finally
        {
            // Whatever a failing disk does to the session's scratch: the next query needs the place.
            _place.Dispose();
        }
    }

    private Chunk? Next()
    {
        if (_result.NextChunk(out var chunk))
        {
            return chunk;
        }
        _session.IsDone = true;
        return null;
    }
}
