using Millrace.Iceberg;
using Millrace.Tests.Twins;

namespace Millrace.Simulation.Machine;

/// <summary>The real store on the simulated disk; what it gives to the thread pool is waited for, so that one thing
/// happens at a time.</summary>
internal sealed class ProcessStore(LocalStore store, MemoryDisk media) : IObjectStore
{
    /// <summary>Decides after which operations others get a turn, such as the loop beside the committer; null: after
    /// none.</summary>
    public Random? Yields { get; init; }

    public Task PutAsync(string location, ReadOnlyMemory<byte> bytes, CancellationToken ct) =>
        Done(store.PutAsync(location, bytes, ct));

    public Task PutFileAsync(string location, string scratchPath, CancellationToken ct) =>
        Done(store.PutFileAsync(location, scratchPath, ct));

    public async Task<ReadOnlyMemory<byte>> GetAsync(string location, CancellationToken ct)
    {
        var reading = store.GetAsync(location, ct);
        await Done(reading);
        return await reading;
    }

    public Task DeleteAsync(string location, CancellationToken ct) => Done(store.DeleteAsync(location, ct));

    public IAsyncEnumerable<StoredObject> ListAsync(string prefix, CancellationToken ct) =>
        media.Below(Path.TrimEndingDirectorySeparator(store.LocalPath(prefix)))
            .Select(file => new StoredObject(LocalStore.LocationOf(file.Path), file.Length, DateTimeOffset.UnixEpoch))
            .ToAsyncEnumerable();

    public string LocalPath(string location) => store.LocalPath(location);

    private async Task Done(Task task)
    {
        ((IAsyncResult)task).AsyncWaitHandle.WaitOne();
        if (Yields?.Next(4) == 0)
        {
            await Task.Yield();
        }
        await task;
    }
}
