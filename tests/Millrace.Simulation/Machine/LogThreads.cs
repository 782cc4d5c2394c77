using Millrace.Log;

namespace Millrace.Simulation.Machine;

/// <summary>Knows which of a log's threads is woken by what, so that the simulation waits for exactly those.</summary>
internal sealed class LogThreads
{
    private LogWriter? _writer;
    private bool _holdsRecords;
    private bool _isOld;
    private bool _hasTicked;
    private bool _isSpareTaken;
    private bool _hasSparesFailed;

    public Turns Turns { get; } = new();

    /// <summary>Whether one of the two waits to be let go.</summary>
    public bool CanGo => Turns.Log.Stands || Turns.Spares.Stands;

    public bool IsLogAtWork => Turns.Log.Stands;

    /// <summary>The writer is open: its second thread looks for work at once.</summary>
    public void Begin(LogWriter writer)
    {
        _writer = writer;
        (_holdsRecords, _isOld) = (false, false);
        Turns.AwaitArrival(Turns.Spares);
    }

    /// <summary>Lets one of the two go one step.</summary>
    public void Go(Random random)
    {
        var isLog = Turns.Log.Stands && (!Turns.Spares.Stands || random.Next(3) > 0);
        Go(isLog ? Turns.Log : Turns.Spares);
    }

    /// <summary>Lets the log's thread go until it has nothing more to do.</summary>
    public void FinishLog()
    {
        while (Turns.Log.Stands)
        {
            Go(Turns.Log);
        }
    }

    /// <summary>An append was taken: the log's thread wakes up for it if it slept.</summary>
    public void Appended() => Turns.AwaitArrival(Turns.Log);

    public void Release(long position)
    {
        _writer!.Release(position);
        Turns.AwaitArrival(Turns.Spares);
    }

    /// <summary>Moves the clock; a tick of the log may be in it.</summary>
    public void Around(TimeSpan by, Action advance)
    {
        var isLogAsleep = !Turns.Log.Stands;
        var isFailing = _writer?.Condition == AppendRefusal.DiskFailing;
        _isOld |= by > ProcessTime.SealAfter;
        _hasTicked = false;
        advance();
        if (_hasTicked && isLogAsleep && (isFailing || (_holdsRecords && _isOld)))
        {
            Turns.AwaitArrival(Turns.Log);
        }
        if (_hasTicked && _hasSparesFailed)
        {
            Turns.AwaitArrival(Turns.Spares);
        }
    }

    public void Ticked() => _hasTicked = true;

    /// <summary>On a thread of the log: an operation is over.</summary>
    public void Done(string operation, string path, Exception? failure)
    {
        if (Turns.Current == Turns.Spares)
        {
            _hasSparesFailed = failure is IOException and not FileNotFoundException;
            return;
        }
        var isSegment = path.EndsWith(".seg", StringComparison.Ordinal);
        if (operation == "rename" && isSegment && failure is null)
        {
            (_holdsRecords, _isOld) = (false, false);
        }
        _holdsRecords |= operation == "write" && isSegment;
        _isSpareTaken &= failure is null && operation != "open";
    }

    public void End() => Turns.Free();

    private void Go(Turns.Walker walker)
    {
        Turns.Go(walker);
        if (walker == Turns.Log && walker.Stands && TakesSpare(walker) && !Turns.Spares.Stands)
        {
            Turns.AwaitArrival(Turns.Spares);
        }
    }

    /// <summary>A spare file is taken once: where none is ready one is made before it is opened.</summary>
    private bool TakesSpare(Turns.Walker log)
    {
        var isTaken = log.Operation == "create" || (log.Operation == "open" && !_isSpareTaken
            && log.Path.EndsWith(".spare", StringComparison.Ordinal));
        _isSpareTaken |= log.Operation == "create";
        return isTaken;
    }
}
