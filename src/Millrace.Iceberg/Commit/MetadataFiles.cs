using System.Globalization;

namespace Millrace.Iceberg;

/// <summary>Names of metadata files and the log of earlier ones.</summary>
internal static class MetadataFiles
{
    /// <summary>Earlier metadata files a table remembers; Java's <c>write.metadata.previous-versions-max</c>.</summary>
    internal const int LogMax = 100;

    /// <summary>Directory of all metadata, flat.</summary>
    internal static string Directory(TableMetadata metadata) => $"{metadata.Location}/metadata/";

    /// <summary>Location of the file after <paramref name="origin"/>'s: a running number, then a UUID.</summary>
    internal static string Next(Table? origin, TableMetadata metadata, Guid id)
    {
        string name = origin?.MetadataLocation.Split('/')[^1].Split('-')[0] ?? "-1";
        int version = int.TryParse(name, CultureInfo.InvariantCulture, out int previous)
            ? previous + 1 : metadata.MetadataLog.Count;
        return string.Create(CultureInfo.InvariantCulture, $"{Directory(metadata)}{version:D5}-{id}.metadata.json");
    }

    /// <summary>The log of the file that follows <paramref name="origin"/>'s.</summary>
    internal static IReadOnlyList<MetadataLogEntry> Log(Table? origin) => origin is null
        ? []
        : [.. origin.Metadata.MetadataLog
            .Append(new MetadataLogEntry(origin.Metadata.LastUpdatedMs, origin.MetadataLocation)).TakeLast(LogMax)];

    /// <summary>The same instance if nothing changes.</summary>
    internal static TableMetadata WithProperties(
        this TableMetadata metadata, IReadOnlyDictionary<string, string> properties)
    {
        if (properties.All(pair => metadata.Properties.GetValueOrDefault(pair.Key) == pair.Value))
        {
            return metadata;
        }
        var merged = new Dictionary<string, string>(metadata.Properties);
        foreach ((string key, string value) in properties)
        {
            merged[key] = value;
        }
        return metadata with { Properties = merged };
    }
}
