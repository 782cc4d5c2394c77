using Millrace.Iceberg;
using Millrace.Log;
using Millrace.Tests.Twins;

namespace Millrace.Simulation.Machine;

/// <summary>The real store on the simulated disk. Its work is done within the call, so that one thing happens at a
/// time.</summary>
internal sealed class ProcessStore(IDisk disk, MemoryDisk media, string root) : IObjectStore
{
    private readonly LocalStore _store = new(disk, root, new AtOnce());

    /// <summary>Decides after which operations others get a turn, such as the loop beside the committer; null: after
    /// none.</summary>
    public Random? Yields { get; init; }

    public Task PutAsync(string location, ReadOnlyMemory<byte> bytes, CancellationToken ct) =>
        Done(_store.PutAsync(location, bytes, ct));

    public Task PutFileAsync(string location, string scratchPath, CancellationToken ct) =>
        Done(_store.PutFileAsync(location, scratchPath, ct));

    public async Task<ReadOnlyMemory<byte>> GetAsync(string location, CancellationToken ct)
    {
        var reading = _store.GetAsync(location, ct);
        await Done(reading);
        return await reading;
    }

    public Task DeleteAsync(string location, CancellationToken ct) => Done(_store.DeleteAsync(location, ct));

    public IAsyncEnumerable<StoredObject> ListAsync(string prefix, CancellationToken ct) =>
        media.Below(Path.TrimEndingDirectorySeparator(_store.LocalPath(prefix)))
            .Select(file => new StoredObject(LocalStore.LocationOf(file.Path), file.Length, DateTimeOffset.UnixEpoch))
            .ToAsyncEnumerable();

    public string LocalPath(string location) => _store.LocalPath(location);

    private async Task Done(Task task)
    {
        if (Yields?.Next(4) == 0)
        {
            await Task.Yield();
        }
        await task;
    }
}

/// <summary>Runs a task inside the call that starts it.</summary>
internal sealed class AtOnce : TaskScheduler
{
    protected override void QueueTask(Task task) => TryExecuteTask(task);

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks() => [];
}
