namespace Millrace.Iceberg;

/// <summary>Decoded manifests by location: they never change. Drops the least recently used beyond a bound.</summary>
/// <remarks>Two callers that miss the same manifest both decode it; either copy serves.</remarks>
internal sealed class ManifestCache(IObjectStore objects, long bytesMax)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<(string Location, Manifest Manifest)>> _byLocation = [];
    private readonly LinkedList<(string Location, Manifest Manifest)> _byUse = new();
    private long _bytes;

    /// <exception cref="IcebergFormatException">The manifest is damaged or missing.</exception>
    internal async Task<Manifest> GetAsync(ManifestFile description, CancellationToken ct)
    {
        if (Find(description.Path) is { } known)
        {
            return known;
        }
        ReadOnlyMemory<byte> bytes = await objects.ReadAsync(description.Path, ct);
        Manifest manifest = ManifestReader.Read(bytes, description);
        Keep(description.Path, manifest);
        return manifest;
    }

    private Manifest? Find(string location)
    {
        lock (_lock)
        {
            if (!_byLocation.TryGetValue(location, out LinkedListNode<(string, Manifest Manifest)>? node))
            {
                return null;
            }
            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value.Manifest;
        }
    }

    private void Keep(string location, Manifest manifest)
    {
        lock (_lock)
        {
            if (_byLocation.ContainsKey(location))
            {
                return;
            }
            _byLocation[location] = _byUse.AddFirst((location, manifest));
            _bytes += manifest.MemoryBytes;
            while (_bytes > bytesMax)
            {
                (string oldest, Manifest dropped) = _byUse.Last!.Value;
                _byUse.RemoveLast();
                _byLocation.Remove(oldest);
                _bytes -= dropped.MemoryBytes;
            }
        }
    }
}
