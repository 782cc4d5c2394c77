namespace Millrace.Iceberg;

/// <summary>Checks a table's metadata, lists, manifests and data files
/// against each other and the specification.</summary>
/// <remarks>Reads every list and manifest from the store, never from the cache; data files are compared by their
/// length only.</remarks>
public sealed class IntegrityCheck
{
    private readonly IObjectStore _objects;
    private readonly Table _table;
    private readonly List<Finding> _findings = [];
    private readonly Dictionary<string, ManifestCheck> _checked = [];
    private readonly Dictionary<string, long> _sizes = [];

    private IntegrityCheck(Table table, IObjectStore objects) => (_table, _objects) = (table, objects);

    /// <summary>Everything wrong with a table's listed snapshots; empty if it is sound.</summary>
    public static async Task<IReadOnlyList<Finding>> RunAsync(Table table, IObjectStore objects, CancellationToken ct)
    {
        var check = new IntegrityCheck(table, objects);
        await foreach (StoredObject stored in objects.ListAsync(table.Location + "/", ct))
        {
            check._sizes[stored.Location] = stored.SizeBytes;
        }
        if (table.Metadata.Contradiction() is { } contradiction)
        {
            check.Report(table.MetadataLocation, contradiction);
        }
        foreach (Snapshot snapshot in table.Metadata.Snapshots)
        {
            await check.CheckAsync(snapshot, ct);
        }
        return check._findings;
    }

    private async Task CheckAsync(Snapshot snapshot, CancellationToken ct)
    {
        List<ManifestFile> manifests;
        try
        {
            manifests = ManifestList.Read(await _objects.ReadAsync(snapshot.ManifestList, ct), snapshot.ManifestList);
        }
        catch (Exception problem) when (problem is IcebergFormatException or IOException)
        {
            Report(snapshot.ManifestList, problem.Message);
            return;
        }
        var live = new Dictionary<string, DataFile>();
        foreach (ManifestFile manifest in manifests)
        {
            if (manifest.SequenceNumber > snapshot.SequenceNumber)
            {
                Report(snapshot.ManifestList, $"lists {manifest.Path} of the later commit {manifest.SequenceNumber}");
            }
            foreach (DataFile file in (await OpenAsync(manifest, ct)).LiveFiles)
            {
                if (!live.TryAdd(file.Path, file))
                {
                    Report(snapshot.ManifestList, $"holds {file.Path} twice");
                }
            }
        }
        CheckFiles(live.Values);
        CheckTotals(snapshot, [.. live.Values.Where(file => file.Content == 0)]);
    }

    private async Task<ManifestCheck> OpenAsync(ManifestFile manifest, CancellationToken ct)
    {
        if (_checked.TryGetValue(manifest.Path, out ManifestCheck? known))
        {
            return known;
        }
        var check = new ManifestCheck(_table.Metadata, manifest);
        try
        {
            check.Run(await _objects.ReadAsync(manifest.Path, ct));
        }
        catch (Exception problem) when (problem is IcebergFormatException or IcebergUnsupportedException or IOException)
        {
            Report(manifest.Path, problem.Message);
        }
        _findings.AddRange(check.Problems.Select(problem => new Finding(manifest.Path, problem)));
        return _checked[manifest.Path] = check;
    }

    private void CheckFiles(IEnumerable<DataFile> files)
    {
        foreach (DataFile file in files)
        {
            // Files outside the table's directory are possible (other engines can adopt files) but not listed.
            bool isInside = file.Path.StartsWith(_table.Location + "/", StringComparison.Ordinal);
            if (isInside && !_sizes.TryGetValue(file.Path, out long size))
            {
                Report(file.Path, "is missing");
                _sizes[file.Path] = file.SizeBytes;
            }
            else if (isInside && _sizes[file.Path] != file.SizeBytes)
            {
                Report(file.Path, $"has {_sizes[file.Path]} bytes, its manifest says {file.SizeBytes}");
            }
        }
    }

    private void CheckTotals(Snapshot snapshot, IReadOnlyList<DataFile> files)
    {
        Compare("total-data-files", files.Count);
        Compare("total-records", files.Sum(file => file.RecordCount));
        Compare("total-files-size", files.Sum(file => file.SizeBytes));

        void Compare(string key, long actual)
        {
            if (snapshot.Summary.TryGetValue(key, out string? text) && text != $"{actual}"
                && snapshot.Summary.GetValueOrDefault("total-delete-files", "0") == "0")
            {
                Report(snapshot.ManifestList, $"summary of snapshot {snapshot.Id} says {key} = {text}, not {actual}");
            }
        }
    }

    private void Report(string file, string problem) => _findings.Add(new Finding(file, problem));
}

/// <summary>Something wrong with a file of a table.</summary>
public sealed record Finding(string File, string Problem);
