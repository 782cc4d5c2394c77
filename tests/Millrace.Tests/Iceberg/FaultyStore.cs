using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Millrace.Iceberg;

namespace Millrace.Tests.Iceberg;

/// <summary>An object store in memory that fails at its n-th operation and at
/// every one after it, until told to recover.</summary>
internal sealed class FaultyStore : IObjectStore
{
    private readonly ConcurrentDictionary<string, byte[]> _files = new();
    private int _operations;

    /// <summary>Operations from here on, counted from 1, fail; 0 for never.</summary>
    internal int FailFrom { get; set; }

    /// <summary>True: the first failing write takes effect before its failure is reported.</summary>
    internal bool FailsAfterEffect { get; set; }

    internal int Operations => _operations;

    internal IReadOnlyCollection<string> Locations => [.. _files.Keys];

    internal byte[] this[string location]
    {
        get => _files[location];
        set => _files[location] = value;
    }

    internal void Recover() => FailFrom = 0;

    public Task PutAsync(string location, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        Count(() => Add(location, bytes.ToArray()));
        return Task.CompletedTask;
    }

    public Task PutFileAsync(string location, string scratchPath, CancellationToken ct)
    {
        Count(() => Add(location, File.ReadAllBytes(scratchPath)));
        File.Delete(scratchPath);
        return Task.CompletedTask;
    }

    public Task<ReadOnlyMemory<byte>> GetAsync(string location, CancellationToken ct)
    {
        byte[]? bytes = null;
        Count(() => bytes = _files.TryGetValue(location, out byte[]? found)
            ? found : throw new FileNotFoundException(location));
        return Task.FromResult<ReadOnlyMemory<byte>>(bytes);
    }

    public Task DeleteAsync(string location, CancellationToken ct)
    {
        Count(() => _files.TryRemove(location, out _));
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<StoredObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        await Task.CompletedTask;
        foreach ((string location, byte[] bytes) in _files
            .Where(file => file.Key.StartsWith(prefix, StringComparison.Ordinal)))
        {
            yield return new StoredObject(location, bytes.Length, DateTimeOffset.UnixEpoch);
        }
    }

    public string LocalPath(string location) => throw new NotSupportedException("These files are in memory.");

    private void Add(string location, byte[] bytes)
    {
        if (!_files.TryAdd(location, bytes))
        {
            throw new IOException($"{location} exists already.");
        }
    }

    private void Count(Action effect)
    {
        int number = Interlocked.Increment(ref _operations);
        if (FailFrom > 0 && number >= FailFrom)
        {
            if (FailsAfterEffect && number == FailFrom)
            {
                effect();
            }
            throw new IOException($"Told to fail at operation {number}.");
        }
        effect();
    }
}
