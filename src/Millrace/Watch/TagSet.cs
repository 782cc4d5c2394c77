namespace Millrace.Watch;

/// <summary>The tags of a measurement, compared by value; at most four. Hot path: made on the stack.</summary>
internal readonly record struct TagSet
{
    public const int TagsMax = 4;

    private TagSet(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        Count = tags.Length;
        First = tags.Length > 0 ? tags[0] : default;
        Second = tags.Length > 1 ? tags[1] : default;
        Third = tags.Length > 2 ? tags[2] : default;
        Fourth = tags.Length > 3 ? tags[3] : default;
    }

    /// <summary>Where a measurement goes that has too many tags, or whose instrument has too many series.</summary>
    public static TagSet Overflow { get; } = new([KeyValuePair.Create<string, object?>("overflow", "true")]);

    public int Count { get; }

    private KeyValuePair<string, object?> First { get; }

    private KeyValuePair<string, object?> Second { get; }

    private KeyValuePair<string, object?> Third { get; }

    private KeyValuePair<string, object?> Fourth { get; }

    public static TagSet Of(ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        tags.Length > TagsMax ? Overflow : new TagSet(tags);

    // Spelled out: what the compiler makes compares and hashes the pairs by reflection, boxed.
    public bool Equals(TagSet other) =>
        Count == other.Count && AreSame(First, other.First) && AreSame(Second, other.Second)
        && AreSame(Third, other.Third) && AreSame(Fourth, other.Fourth);

    public override int GetHashCode() =>
        HashCode.Combine(Count, First.Value, Second.Value, Third.Value, Fourth.Value);

    public IEnumerable<KeyValuePair<string, object?>> Tags => new[] { First, Second, Third, Fourth }.Take(Count);

    private static bool AreSame(KeyValuePair<string, object?> one, KeyValuePair<string, object?> other) =>
        one.Key == other.Key && Equals(one.Value, other.Value);
}
