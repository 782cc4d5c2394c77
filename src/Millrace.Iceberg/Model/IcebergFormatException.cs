namespace Millrace.Iceberg;

/// <summary>A metadata file, manifest list or manifest is not what the
/// specification says: damaged, or not Iceberg v2.</summary>
public sealed class IcebergFormatException(string file, string problem, Exception? cause = null)
    : Exception($"{file}: {problem}", cause)
{
    /// <summary>Location of the file that cannot be read.</summary>
    public string File { get; } = file;
}

/// <summary>The table is sound but uses something of Iceberg that Millrace
/// does not do, such as row-level delete files.</summary>
public sealed class IcebergUnsupportedException(string message) : Exception(message);
