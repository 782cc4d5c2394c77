namespace Millrace.Log;

/// <summary>How a reader learns that the log has grown: from its writer, or by asking <c>DIR/log/synced</c>.</summary>
internal sealed class LogFollower : IDisposable
{
    private static readonly TimeSpan AskAfterMin = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan AskAfterMax = TimeSpan.FromMilliseconds(50);

    private readonly LogWriter? _writer;
    private readonly string _directory = "";
    private readonly IDisk? _disk;
    private readonly TimeProvider? _time;
    private SyncedFile? _file;

    public LogFollower(LogWriter writer) => _writer = writer;

    public LogFollower(string directory, IDisk disk, TimeProvider time)
    {
        _directory = directory;
        _disk = disk;
        _time = time;
    }

    public LogPosition Synced
    {
        get
        {
            if (_writer is not null)
            {
                return _writer.Synced;
            }
            _file ??= SyncedFile.OpenForReading(_disk!, _directory);
            return _file?.Read() ?? default;
        }
    }

    public ValueTask WaitAsync(long beyond, CancellationToken cancellationToken) => _writer is not null
        ? new ValueTask(_writer.WaitForSyncedAsync(beyond, cancellationToken))
        : AskAsync(beyond, cancellationToken);

    public void Dispose() => _file?.Dispose();

    private async ValueTask AskAsync(long beyond, CancellationToken cancellationToken)
    {
        for (TimeSpan pause = AskAfterMin; Synced.Offset <= beyond;)
        {
            await Task.Delay(pause, _time!, cancellationToken);
            pause = pause * 2 < AskAfterMax ? pause * 2 : AskAfterMax;
        }
    }
}
