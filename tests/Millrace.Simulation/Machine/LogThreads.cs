using Millrace.Log;

namespace Millrace.Simulation.Machine;

/// <summary>Knows which of a log's threads is woken by what, so that the simulation waits for exactly those.</summary>
internal sealed class LogThreads
{
    /// <summary>The operation with which the log's thread begins to make a segment file; all it does may be to
    /// ask.</summary>
    public const string AsksForRoom = "ask for room";

    private LogWriter? _writer;
    private bool _holdsRecords;
    private bool _isOld;
    private bool _hasTicked;
    private bool _lacksSegment;
    private volatile bool _areSparesWoken;
    private bool _hasSparesFailed;

    public Turns Turns { get; } = new();

    /// <summary>Whether one of the two waits to be let go.</summary>
    public bool CanGo => Turns.Log.Stands || Turns.Spares.Stands;

    public bool IsLogAtWork => Turns.Log.Stands;

    /// <summary>The writer is open: its second thread looks for work at once.</summary>
    public void Begin(LogWriter writer)
    {
        _writer = writer;
        (_holdsRecords, _isOld, _lacksSegment) = (false, false, false);
        Turns.AwaitArrival(Turns.Spares);
    }

    /// <summary>Lets one of the two go a few steps.</summary>
    public void Go(Random random)
    {
        var isLog = Turns.Log.Stands && (!Turns.Spares.Stands || random.Next(3) > 0);
        Go(isLog ? Turns.Log : Turns.Spares, random.Next(1, 8));
    }

    /// <summary>Lets the log's thread go until it has nothing more to do.</summary>
    public void FinishLog()
    {
        while (Turns.Log.Stands)
        {
            Go(Turns.Log, int.MaxValue);
        }
    }

    public void FinishSpares()
    {
        while (Turns.Spares.Stands)
        {
            Go(Turns.Spares, int.MaxValue);
        }
    }

    /// <summary>An append was taken: the log's thread wakes up for it if it slept.</summary>
    public void Appended() => AwaitLog();

    public void Release(long position)
    {
        _writer!.Release(position);
        Turns.AwaitArrival(Turns.Spares);
    }

    /// <summary>Moves the clock; a tick of the log may be in it.</summary>
    public void Around(TimeSpan by, Action advance)
    {
        var isLogAsleep = !Turns.Log.Stands;
        _isOld |= by > ProcessTime.SealAfter;
        _hasTicked = false;
        advance();
        if (_hasTicked && isLogAsleep && (_lacksSegment || (_holdsRecords && _isOld)))
        {
            AwaitLog();
        }
        if (_hasTicked && _hasSparesFailed)
        {
            Turns.AwaitArrival(Turns.Spares);
        }
    }

    public void Ticked() => _hasTicked = true;

    /// <summary>On a thread of the log: an operation is next.</summary>
    public void Begin(Turns.Walker walker, string operation, string path)
    {
        if (walker == Turns.Log)
        {
            // A file is taken: a spare one, or one that is made, if there is room.
            _lacksSegment |= operation == AsksForRoom;
        }
        Turns.Stop(walker);
    }

    /// <summary>On a thread of the log: an operation is over.</summary>
    public void Done(Turns.Walker walker, string operation, string path, Exception? failure)
    {
        if (walker == Turns.Spares)
        {
            _hasSparesFailed = failure is IOException and not FileNotFoundException;
            return;
        }
        var isSegment = path.EndsWith(".seg", StringComparison.Ordinal);
        if (operation == "rename" && isSegment && failure is null)
        {
            (_holdsRecords, _isOld) = (false, false);
        }
        // The sync of its name is the last thing done to a new segment; then the other thread looks for work.
        bool isOpened = operation == "sync directory" && failure is null;
        _areSparesWoken |= isOpened;
        _holdsRecords |= operation == "write" && isSegment;
        if (!path.EndsWith("/synced", StringComparison.Ordinal))
        {
            _lacksSegment = failure is not null || (_lacksSegment && !isOpened);
        }
    }

    public void End() => Turns.Free();

    private void Go(Turns.Walker walker, int steps)
    {
        Turns.Go(walker, steps);
        AwaitSparesIfWoken();
    }

    private void AwaitLog()
    {
        Turns.AwaitArrival(Turns.Log);
        AwaitSparesIfWoken();
    }

    private void AwaitSparesIfWoken()
    {
        if (_areSparesWoken)
        {
            _areSparesWoken = false;
            Turns.AwaitArrival(Turns.Spares);
        }
    }
}
