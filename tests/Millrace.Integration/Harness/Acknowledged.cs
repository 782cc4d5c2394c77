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
    private int _moment; // odd: the power is off

    /// <summary>One id a line.</summary>
    public string Path => path;

    public long Count => Interlocked.Read(ref _count);

    /// <summary>What to take before a request whose answer may come after the power has gone.</summary>
    public int Moment => Volatile.Read(ref _moment);

    /// <summary>Counts a yes, unless the power went since <paramref name="moment"/>: then nobody would have heard it.
    /// </summary>
    /// <returns>False: it is no promise; send the events again.</returns>
    public bool TryAdd(IReadOnlyCollection<string> ids, int moment)
    {
        lock (_lock)
        {
            if (moment != _moment || int.IsOddInteger(moment))
            {
                return false;
            }
            Add(ids);
            return true;
        }
    }

    /// <summary>The power goes, and comes back. Every yes that counts was heard before, and nearly all that were heard
    /// before count.</summary>
    public async Task WithoutPowerAsync(Action cut, Func<Task> restore)
    {
        lock (_lock)
        {
            _moment++;
            cut();
        }
        await restore();
        lock (_lock)
        {
            _moment++;
        }
    }

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
