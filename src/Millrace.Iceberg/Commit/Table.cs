namespace Millrace.Iceberg;

/// <summary>A table as one metadata file describes it. Immutable: load again to see later commits.</summary>
/// <param name="Name">Name in the catalog.</param>
/// <param name="MetadataLocation">The metadata file, exactly as the catalog spells it.</param>
/// <param name="Metadata">Its content.</param>
public sealed record Table(TableName Name, string MetadataLocation, TableMetadata Metadata)
{
    /// <summary>The table's root, under which all of its files are.</summary>
    public string Location => Metadata.Location;

    /// <summary>Loads the current state of a table, or null if the catalog does not know it.</summary>
    /// <exception cref="IcebergFormatException">Its metadata file is damaged or missing.</exception>
    public static async Task<Table?> LoadAsync(
        ICatalog catalog, TableName name, IObjectStore objects, CancellationToken ct) =>
        await catalog.LoadAsync(name, ct) is { } location ? await LoadAsync(name, location, objects, ct) : null;

    /// <summary>Loads a table from a given metadata file.</summary>
    /// <exception cref="IcebergFormatException">The file is damaged.</exception>
    public static async Task<Table> LoadAsync(
        TableName name, string location, IObjectStore objects, CancellationToken ct) =>
        new(name, location, TableMetadataJson.Parse(await objects.ReadAsync(location, ct), location));
}
