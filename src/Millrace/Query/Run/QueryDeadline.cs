using Millrace.DuckDb;
using Millrace.Iceberg;

namespace Millrace.Query;

/// <summary>Ends a query at its time limit, or when nobody wants its answer any more.</summary>
internal sealed class QueryDeadline : IDisposable
{
    /// <summary>An interrupt between two steps of a query is lost, so it is repeated until the query has
    /// ended.</summary>
    private static readonly TimeSpan InterruptEvery = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _limit;
    private readonly CancellationTokenSource _either;
    private readonly TimeSpan _limitTime;
    private readonly TimeProvider _time;
    private CancellationTokenRegistration _registration;
    private ITimer? _interrupts;

    public QueryDeadline(TimeSpan limit, TimeProvider time, CancellationToken caller)
    {
        (_limitTime, _time, Caller) = (limit, time, caller);
        _limit = new CancellationTokenSource(limit, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_limit.Token, caller);
        Token = _either.Token;
    }

    /// <summary>Cancelled at the limit, or by the caller.</summary>
    public CancellationToken Token { get; }

    /// <summary>What the query reads, once that is known.</summary>
    public IReadOnlyCollection<string> Files { get; set; } = [];

    private CancellationToken Caller { get; }

    /// <summary>From now on a cancelled token interrupts this connection, and no other.</summary>
    public void Guard(Connection connection)
    {
        _registration.Dispose();
        _interrupts?.Dispose();
        _registration = Token.Register(() =>
            _interrupts = _time.CreateTimer(_ => connection.Interrupt(), null, TimeSpan.Zero, InterruptEvery));
    }

    /// <summary>What a failure means, seen from outside.</summary>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public Exception Explain(Exception failure)
    {
        var isInterrupt = failure is OperationCanceledException or DuckDbException { Type: DuckDbErrorType.Interrupt };
        if (isInterrupt && Caller.IsCancellationRequested)
        {
            return new OperationCanceledException("The caller has gone.", failure, Caller);
        }
        return failure switch
        {
            _ when isInterrupt && _limit.IsCancellationRequested =>
                new QueryRefusedException(QueryRefusals.Timeout(_limitTime), failure),
            DuckDbException refused when DamagedFile.Find(refused, Files, Token) is { } file =>
                new QueryRefusedException(QueryRefusals.DamagedFile(file, refused), failure),
            DuckDbException refused => new QueryRefusedException(QueryRefusals.Of(refused), failure),
            IcebergFormatException or IcebergUnsupportedException or CatalogDamagedException =>
                new QueryRefusedException(QueryRefusals.Damaged(failure.Message), failure),
            _ => failure,
        };
    }

    public void Dispose()
    {
        _registration.Dispose();
        _interrupts?.Dispose();
        _either.Dispose();
        _limit.Dispose();
    }
}
