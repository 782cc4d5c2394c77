namespace Millrace.Send;

/// <summary>Lines that travel in one request.</summary>
/// <param name="Key">The write key they go under.</param>
/// <param name="Body">NDJSON; every line ends with a line feed.</param>
/// <param name="Lines">For each event its number in <see cref="Origin"/>, to name it if it is refused.</param>
internal sealed record OutgoingBatch(string Key, ReadOnlyMemory<byte> Body, IReadOnlyList<long> Lines)
{
    /// <summary>The file the lines come from; empty: none.</summary>
    public string Origin { get; init; } = "";

    public int Events => Lines.Count;

    /// <summary>The same events, each in a batch of its own.</summary>
    public IEnumerable<OutgoingBatch> Singles()
    {
        var rest = Body;
        foreach (var number in Lines)
        {
            var length = rest.Span.IndexOf((byte)'\n') + 1;
            yield return this with { Body = rest[..length], Lines = [number] };
            rest = rest[length..];
        }
    }
}
