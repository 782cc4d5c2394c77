using Millrace.Log;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Log;

/// <summary>What a log has promised at a moment of a recorded run.</summary>
internal sealed class LogPromise
{
    /// <summary>Numbers of acknowledged records by offset.</summary>
    public Dictionary<long, int> Records { get; init; } = [];

    /// <summary>What lies before it may be gone.</summary>
    public LogPosition Committed { get; set; }

    public LogPromise Copy() => new() { Records = new(Records), Committed = Committed };
}

/// <summary>A life of a log full of trouble, chosen by a seed and recorded: bursts, oversize records, releases, ticks,
/// failing operations, kills, clean closes and starts without a record.</summary>
internal sealed class RecordedRun
{
    private readonly Random _random;
    private readonly LogScenario _log = new();
    private readonly List<LogPosition> _positions = [];
    private int _number;

    public RecordedRun(int seed)
    {
        _random = new Random(seed);
        Recording = _log.Disk.Record();
    }

    public DiskRecording Recording { get; }

    /// <summary>What was promised where the replay stands.</summary>
    public LogPromise Promised { get; } = new();

    /// <summary>All that was ever acknowledged.</summary>
    public Dictionary<long, int> Acknowledged => _log.Acknowledged;

    public async Task Live()
    {
        for (int start = _random.Next(2, 6); start > 0; start--)
        {
            try
            {
                LogWriter writer = _log.Open();
                for (int step = _random.Next(7); step > 0; step--)
                {
                    await Step(writer);
                }
                await End(writer);
            }
            catch (IOException)
            {
                // A start that fails is one of the outcomes.
            }
            _log.Disk.Heal();
            if (_random.Next(3) == 0)
            {
                FailSoon(); // in the next start
            }
        }
    }

    private async Task Step(LogWriter writer)
    {
        switch (_random.Next(10))
        {
            case 0:
                await AppendTogether(writer, 1, _random.Next(50_000, 150_000));
                break;
            case 1 or 2:
                Release(writer);
                break;
            case 3:
                _log.Time.Advance(TimeSpan.FromMilliseconds(250));
                break;
            case 4:
                _log.Time.Advance(TimeSpan.FromMinutes(11));
                break;
            case 5 or 6:
                FailSoon();
                await AppendTogether(writer, 1, _random.Next(2) == 0 ? 150_000 : 3000);
                await AppendTogether(writer, _random.Next(4), 9000);
                _log.Disk.Heal();
                _log.Time.Advance(TimeSpan.FromMilliseconds(250));
                break;
            default:
                await AppendTogether(writer, _random.Next(1, 12), 9000);
                break;
        }
        _positions.Add(writer.Synced);
    }

    private async Task End(LogWriter writer)
    {
        if (_random.Next(2) == 0)
        {
            _log.Disk.Kill();
        }
        await writer.DisposeAsync();
    }

    private void FailSoon() => _log.Disk.FailAt(
        _random.Next(1, 9), (DiskFaultKind)_random.Next(2), fromThenOn: _random.Next(2) == 0);

    private void Release(LogWriter writer)
    {
        LogPosition position = _random.Next(3) == 0 || _positions.Count == 0
            ? writer.Synced
            : _positions[_random.Next(_positions.Count)];
        _log.Disk.Note(() =>
            Promised.Committed = position.Offset > Promised.Committed.Offset ? position : Promised.Committed);
        writer.Release(position.Offset);
    }

    private Task AppendTogether(LogWriter writer, int count, int bytesMax) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(_ => Append(writer, _number++, _random.Next(bytesMax))));

    private async Task Append(LogWriter writer, int number, int bytes)
    {
        AppendResult result = await writer.AppendAsync(LogScenario.Entry(number, bytes));
        if (result.Refusal == AppendRefusal.None)
        {
            _log.Disk.Note(() => Promised.Records.Add(result.Offset, number));
            lock (Acknowledged)
            {
                Acknowledged.Add(result.Offset, number);
            }
        }
    }
}
