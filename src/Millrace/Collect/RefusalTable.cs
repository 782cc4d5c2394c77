using Millrace.Events;

namespace Millrace.Collect;

/// <summary>Counts refused requests until they are written to the log. Bounded: what does not fit is counted as
/// <c>other</c>, per minute and status. Thread safe.</summary>
internal sealed class RefusalTable(int rowsMax)
{
    private const string Other = "other";

    private readonly Lock _lock = new();
    private Dictionary<RefusalRow, RefusalCount> _rows = [];

    public void Count(RefusalRow row, RefusalCount count)
    {
        lock (_lock)
        {
            if (_rows.Count >= rowsMax && !_rows.ContainsKey(row))
            {
                row = new RefusalRow(row.Minute, "", "", Other, row.Status, Other);
            }
            var before = _rows.GetValueOrDefault(row);
            _rows[row] = new RefusalCount(before.Requests + count.Requests, before.Bytes + count.Bytes);
        }
    }

    /// <summary>Everything counted so far, which is then no longer here.</summary>
    public IReadOnlyDictionary<RefusalRow, RefusalCount> Take()
    {
        lock (_lock)
        {
            var taken = _rows;
            _rows = [];
            return taken;
        }
    }

    /// <summary>Puts back what could not be written.</summary>
    public void Return(IReadOnlyDictionary<RefusalRow, RefusalCount> taken)
    {
        foreach (var (row, count) in taken)
        {
            Count(row, count);
        }
    }
}
