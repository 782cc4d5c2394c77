namespace Millrace.Iceberg;

/// <summary>What a snapshot does to the table's files.</summary>
/// <param name="Operation">As it stands in the summary: append, replace, overwrite or delete.</param>
internal sealed record FileOperation(string Operation)
{
    internal IReadOnlyList<DataFile> Removed { get; init; } = [];

    internal IReadOnlyList<DataFile> Added { get; init; } = [];

    /// <summary>Not null: merge manifests if at least that many are small.</summary>
    internal int? MergeMinCount { get; init; }
}
