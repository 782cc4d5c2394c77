namespace Millrace.Log;

/// <summary>A file was written by a newer Millrace; nothing was touched.</summary>
public sealed class NewerFormatException(string path, uint version, uint versionMax) : Exception(
    $"{path} has format version {version}; this Millrace reads up to {versionMax}. "
    + "Use the newer Millrace that wrote it.")
{
    /// <summary>The file.</summary>
    public string Path { get; } = path;

    /// <summary>The version it states.</summary>
    public uint Version { get; } = version;
}
