namespace Millrace.Iceberg;

/// <summary>A table to create.</summary>
/// <param name="Location">Absolute, without a trailing slash; every file of the table goes under it.</param>
/// <param name="Schema">Its columns, with ids from 1.</param>
public sealed record TableDefinition(string Location, Schema Schema)
{
    public PartitionSpec Spec { get; init; } = PartitionSpec.Unpartitioned;

    public SortOrder SortOrder { get; init; } = SortOrder.Unsorted;

    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();

    internal TableMetadata ToMetadata(Author author)
    {
        IEnumerable<string> clashes = Spec.Fields
            .Where(field => Schema.Find(field.Name) is { } column
                && !(field.Transform == Transforms.Identity && column.Id == field.SourceId))
            .Select(field => field.Name);
        if (clashes.FirstOrDefault() is { } clash)
        {
            throw new ArgumentException($"Partition field '{clash}' has the name of a column.");
        }
        return new TableMetadata
        {
            TableUuid = author.NewUuid().ToString(),
            Location = Location.TrimEnd('/'),
            LastSequenceNumber = 0,
            LastUpdatedMs = author.NowMs(0),
            LastColumnId = Schema.HighestId,
            Schemas = [Schema],
            CurrentSchemaId = Schema.Id,
            PartitionSpecs = [Spec],
            DefaultSpecId = Spec.Id,
            LastPartitionId = Spec.HighestFieldId,
            SortOrders = SortOrder.Id == SortOrder.Unsorted.Id ? [SortOrder.Unsorted] : [SortOrder.Unsorted, SortOrder],
            DefaultSortOrderId = SortOrder.Id,
            Properties = Properties,
        };
    }
}

/// <summary>A column to add; it gets the table's next free id and is null in rows written before.</summary>
public sealed record NewColumn(string Name, PrimitiveType Type, string? Doc = null);
