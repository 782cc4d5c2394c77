namespace Millrace.Collect;

/// <summary>The memory that all bodies together may take. Thread safe.</summary>
internal sealed class BodyBudget(long bytesMax)
{
    private long _reserved;

    public long Reserved => Interlocked.Read(ref _reserved);

    public bool TryReserve(long bytes)
    {
        if (Interlocked.Add(ref _reserved, bytes) <= bytesMax)
        {
            return true;
        }
        Interlocked.Add(ref _reserved, -bytes);
        return false;
    }

    public void Release(long bytes) => Interlocked.Add(ref _reserved, -bytes);
}
