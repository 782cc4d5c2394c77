using System.Globalization;
using System.Text;
using Millrace.Log;

namespace Millrace.Integration;

/// <summary>The driver's own list of what the server said yes to: on disk before it counts.</summary>
internal sealed class Acknowledged(string path) : IDisposable
{
    private readonly IDiskFile _file = new PosixDisk().Create(path);
    private readonly Lock _lock = new();
    private long _count;

    /// <summary>One id a line.</summary>
    public string Path => path;

    public long Count => Interlocked.Read(ref _count);

    public void Add(IReadOnlyCollection<string> ids)
    {
        lock (_lock)
        {
            _file.Write(Encoding.ASCII.GetBytes(string.Concat(ids.Select(id => id + "\n"))), _file.Length);
            _file.SyncData();
        }
        Interlocked.Add(ref _count, ids.Count);
    }

    public void Dispose() => _file.Dispose();

    public override string ToString() => Count.ToString(CultureInfo.InvariantCulture);
}
