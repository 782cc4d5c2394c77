namespace Millrace.Generate;

/// <summary>Lines that will be sent a second time, byte for byte, as a client does that missed the answer.</summary>
internal sealed class Repeats
{
    /// <summary>About 7 wait at a time; the bound only guards the memory of strange seeds.</summary>
    private const int PendingMax = 1_000;

    private readonly PriorityQueue<(int Tenant, byte[] Line), long> _pending = new();

    public void Plan(int tenant, ReadOnlySpan<byte> line, long due)
    {
        if (_pending.Count < PendingMax)
        {
            _pending.Enqueue((tenant, line.ToArray()), due);
        }
    }

    /// <summary>The line whose turn has come.</summary>
    public bool TryTake(long position, out (int Tenant, byte[] Line) repeat)
    {
        if (_pending.TryPeek(out repeat, out var due) && due <= position)
        {
            _pending.Dequeue();
            return true;
        }
        return false;
    }
}
