using Millrace.Log;
using Millrace.Protocols;
using Millrace.Refine;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Refine;

/// <summary>A log in memory, refined as the lake does it: with the real protocols, into a list.</summary>
internal sealed class RefinedLog : IAsyncDisposable
{
    public const string Node = "00000000000000aa";
    private const string Directory = "/log";

    private readonly ScratchDirectory _scratch = new();
    private readonly IdHash _hash = new(new byte[IdHash.KeyBytes]);
    private readonly IdFilterBudget _budget = new();
    private readonly List<IdRun> _runs = [];
    private long _position;
    private LogWriter? _writer;
    private LogReader? _reader;
    private LogRefiner? _refiner;
    private LogItem? _item;

    public MemoryDisk Disk { get; } = new();

    public ManualTime Time { get; } = new();

    public RowList Rows { get; private set; } = new();

    public IdRuns Runs { get; private set; } = new();

    public Claims Claims { get; private set; } = null!;

    /// <summary>The greatest event by the control version's first byte.</summary>
    public Dictionary<byte, int> EventBytesMax { get; } = [];

    /// <summary>The control version in force when the log begins.</summary>
    public byte StampAtStart { get; set; }

    /// <summary>What looking up a control version throws, once.</summary>
    public Exception? RulesFailure { get; set; }

    public long ControlRecordsLost => _refiner!.ControlRecordsLost;

    public LogWriter Writer => _writer ??= LogWriter.Open(
        new LogOptions { Directory = Directory, SegmentBytes = 64 << 10, Node = 0xaa }, Disk, Time,
        new LogStart(Version(StampAtStart), new Random(1)));

    public long Now => (Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public static byte[] Version(byte first)
    {
        var hash = new byte[32];
        hash[0] = first;
        return hash;
    }

    public Task<long> AppendAsync(Payload payload) => AppendAsync(payload.ToEntry());

    public async Task<long> AppendAsync(LogEntry entry)
    {
        var result = await Writer.AppendAsync(entry);
        result.Refusal.ShouldBe(AppendRefusal.None);
        return result.Offset;
    }

    /// <summary>Refines all there is; an item that threw is taken again.</summary>
    public RowList Refine()
    {
        if (_reader is null)
        {
            Start();
        }
        while (_item is not null || TryRead())
        {
            if (_item!.Value.Damage is { } damage)
            {
                _refiner!.Take(damage, Rows);
            }
            else
            {
                _refiner!.Take(_item.Value.Record, Rows);
            }
            _item = null;
        }
        return Rows;
    }

    /// <summary>What a commit does to the ids: they go into a run.</summary>
    public void Commit()
    {
        var ids = Claims.Current;
        Claims.Seal();
        var first = _runs.Count == 0 ? 0 : _runs[^1].Range.End;
        var range = new IdRunRange(0xaa, first, _reader!.Position, Now, Now);
        var sorted = ids.Sorted();
        var content = new IdRunContent(range, _hash.KeyCheck, sorted.Length, sorted);
        _runs.Add(IdRun.Open(
            IdRunWriter.Write(new Millrace.Log.PosixDisk(), _scratch.Path, content), _hash.KeyCheck, _budget));
        Runs.Add(_runs[^1]);
        Claims.Committed(ids);
        Claims.LetGo();
        _position = _reader.Position;
    }

    /// <summary>The collector starts again: a new segment, which opens with <see cref="StampAtStart"/>.</summary>
    public async Task ReopenAsync()
    {
        await Writer.DisposeAsync();
        _writer = null;
        _reader?.Dispose();
        _reader = null;
    }

    /// <summary>A new process: all that was not committed is forgotten.</summary>
    public void Restart()
    {
        _reader?.Dispose();
        Start();
    }

    public async ValueTask DisposeAsync()
    {
        _reader?.Dispose();
        if (_writer is not null)
        {
            await _writer.DisposeAsync();
        }
        foreach (var run in _runs)
        {
            run.Dispose();
        }
        _scratch.Dispose();
    }

    private bool TryRead()
    {
        var isRead = _reader!.TryRead(out var item);
        _item = isRead ? item : null;
        return isRead;
    }

    private void Start()
    {
        Rows = new RowList();
        Runs = new IdRuns();
        foreach (var run in _runs)
        {
            Runs.Add(run);
        }
        Claims = new Claims(_hash, Runs);
        var refiner = new Refiner(
            new ProtocolTable([new NativeProtocol(), new SegmentProtocol()]), Claims, Node);
        _refiner = new LogRefiner(refiner, RulesOf);
        if (LogSegments.List(Disk, Directory).LastOrDefault(segment => segment.Base < _position) is { } segment)
        {
            using var before = LogReader.Open(Directory, Disk, segment.Base, Writer);
            _refiner.Prime(before, _position);
        }
        _reader = LogReader.Open(Directory, Disk, _position, Writer);
    }

    private RefineRules RulesOf(ReadOnlySpan<byte> hash)
    {
        if (RulesFailure is { } failure)
        {
            RulesFailure = null;
            throw failure;
        }
        return EventBytesMax.TryGetValue(hash[0], out var bytes) ? new RefineRules(bytes) : RefineRules.Default;
    }
}
