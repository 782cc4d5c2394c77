namespace Millrace.Log;

/// <summary>The synced end of a log that is being written: for readers here, and through a file for those
/// elsewhere.</summary>
internal sealed class SyncedEnd(SyncedFile file) : IDisposable
{
    private readonly Lock _gate = new();
    private Box _value = new(default);
    private bool _fileIsBehind;
    private TaskCompletionSource? _advanced;

    public LogPosition Value => Volatile.Read(ref _value).End;

    /// <summary>What an earlier process left in the file.</summary>
    public LogPosition ReadFile() => file.Read();

    public void Publish(LogPosition end)
    {
        TaskCompletionSource? advanced;
        lock (_gate)
        {
            Volatile.Write(ref _value, new Box(end));
            WriteFile();
            (advanced, _advanced) = (_advanced, null);
        }
        advanced?.SetResult();
    }

    /// <summary>Tries again what could not be told to other processes.</summary>
    public void Tick()
    {
        lock (_gate)
        {
            if (_fileIsBehind)
            {
                WriteFile();
            }
        }
    }

    public Task WaitAsync(long beyond, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (Value.Offset > beyond)
            {
                return Task.CompletedTask;
            }
            _advanced ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _advanced.Task.WaitAsync(cancellationToken);
        }
    }

    public void Dispose() => file.Dispose();

    /// <summary>A failure here takes nothing from what is durable: readers elsewhere only learn of it later.</summary>
    private void WriteFile()
    {
        try
        {
            file.Write(Value);
            _fileIsBehind = false;
        }
        catch (IOException)
        {
            _fileIsBehind = true;
        }
    }

    /// <summary>Both numbers change together for those who read without the lock.</summary>
    private sealed record Box(LogPosition End);
}
