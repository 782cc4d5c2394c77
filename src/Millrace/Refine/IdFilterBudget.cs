namespace Millrace.Refine;

/// <summary>How much memory the filters of id runs may take together. Thread safe.</summary>
/// <param name="bytes">The default of 256 MiB holds the filters of 200 million ids.</param>
internal sealed class IdFilterBudget(long bytes = 256L << 20)
{
    private long _bytesLeft = bytes;

    public long BytesLeft => Interlocked.Read(ref _bytesLeft);

    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _bytesLeft, -bytes) >= 0)
        {
            return true;
        }
        Return(bytes);
        return false;
    }

    public void Return(long bytes) => Interlocked.Add(ref _bytesLeft, bytes);
}
