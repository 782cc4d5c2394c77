namespace Millrace.Iceberg;

/// <summary>Where a table's files live. Thread safe. Files are written once and never changed.</summary>
/// <remarks>A location is absolute, such as <c>file:///data/lake/events/metadata/a.avro</c>. Failures of the world are
/// <see cref="IOException"/>; after one nothing is known of whether a write took effect.</remarks>
public interface IObjectStore
{
    /// <summary>Creates a file; it is durable when this returns.</summary>
    /// <exception cref="IOException">It exists already, or the store failed.</exception>
    Task PutAsync(string location, ReadOnlyMemory<byte> bytes, CancellationToken ct);

    /// <summary>Takes over a scratch file of this machine as a new file; it is durable
    /// when this returns and the scratch file is gone.</summary>
    /// <exception cref="IOException">It exists already, or the store failed.</exception>
    Task PutFileAsync(string location, string scratchPath, CancellationToken ct);

    /// <summary>The whole file.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    Task<ReadOnlyMemory<byte>> GetAsync(string location, CancellationToken ct);

    /// <summary>Removes a file; one that is already gone is fine.</summary>
    Task DeleteAsync(string location, CancellationToken ct);

    /// <summary>Every file whose location begins with a prefix that ends in a slash, in no order.</summary>
    IAsyncEnumerable<StoredObject> ListAsync(string prefix, CancellationToken ct);

    /// <summary>A path of this machine under which readers such as DuckDB find the file.</summary>
    string LocalPath(string location);
}

/// <summary>A file in a store.</summary>
public sealed record StoredObject(string Location, long SizeBytes, DateTimeOffset LastModified);
