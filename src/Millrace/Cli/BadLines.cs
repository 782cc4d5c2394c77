namespace Millrace.Cli;

/// <summary>An event that will never be accepted, and where it stands.</summary>
internal sealed record BadLine(string File, long Number, string Reason);

/// <summary>Counts bad lines and keeps the first of them to name. Thread safe; bounded.</summary>
internal sealed class BadLines
{
    private const int KeptMax = 20;

    private readonly Lock _lock = new();
    private readonly List<BadLine> _kept = [];

    public long Count { get; private set; }

    public void Add(BadLine line)
    {
        lock (_lock)
        {
            Count++;
            if (_kept.Count < KeptMax)
            {
                _kept.Add(line);
            }
        }
    }

    /// <summary>Those that were kept, by file and line.</summary>
    public IReadOnlyList<BadLine> First()
    {
        lock (_lock)
        {
            return [.. _kept.OrderBy(line => line.File, StringComparer.Ordinal).ThenBy(line => line.Number)];
        }
    }
}
