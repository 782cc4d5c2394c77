namespace Millrace.Iceberg;

/// <summary>Reads metadata, lists and manifests: files that a table names, so that one which is not there is damage,
/// not a failing disk.</summary>
internal static class TableFiles
{
    /// <exception cref="IcebergFormatException">There is none, or its name can be none of a file.</exception>
    internal static async Task<ReadOnlyMemory<byte>> ReadAsync(
        this IObjectStore objects, string location, CancellationToken ct)
    {
        try
        {
            return await objects.GetAsync(location, ct);
        }
        catch (FileNotFoundException missing)
        {
            throw new IcebergFormatException(location, "is missing", missing);
        }
        catch (ArgumentException impossible)
        {
            throw new IcebergFormatException(location, $"cannot be a file of this store ({impossible.Message})");
        }
    }
}
