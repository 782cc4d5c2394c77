namespace Millrace.Collect;

/// <summary>The memory that all bodies together may take. Thread safe.</summary>
internal sealed class BodyBudget(long bytesMax)
{
    private long _entered;
    private long _reserved;

    /// <summary>Bytes reserved since the start; never falls.</summary>
    public long Entered => Interlocked.Read(ref _entered);

    /// <summary>Bytes reserved now.</summary>
    public long Reserved => Interlocked.Read(ref _reserved);

    public bool TryReserve(long bytes)
    {
        if (Interlocked.Add(ref _reserved, bytes) > bytesMax)
        {
            Interlocked.Add(ref _reserved, -bytes);
            return false;
        }
        Interlocked.Add(ref _entered, bytes);
        return true;
    }

    public void Release(long bytes) => Interlocked.Add(ref _reserved, -bytes);
}
