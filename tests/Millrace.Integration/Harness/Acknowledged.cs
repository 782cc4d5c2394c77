using System.Globalization;

namespace Millrace.Integration;

/// <summary>The driver's own list of what the server said yes to: on disk before it counts.</summary>
internal sealed class Acknowledged(string path) : IDisposable
{
    private readonly FileStream _file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
    private readonly Lock _lock = new();
    private long _count;

    public long Count => Interlocked.Read(ref _count);

    public void Add(IReadOnlyCollection<string> ids)
    {
        lock (_lock)
        {
            _file.Write(System.Text.Encoding.ASCII.GetBytes(string.Concat(ids.Select(id => id + "\n"))));
            _file.Flush(flushToDisk: true);
        }
        Interlocked.Add(ref _count, ids.Count);
    }

    public IReadOnlyList<string> Read()
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public void Dispose() => _file.Dispose();

    public override string ToString() => Count.ToString(CultureInfo.InvariantCulture);
}
