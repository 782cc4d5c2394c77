using System.Globalization;

namespace Millrace.Iceberg;

/// <summary>One snapshot being written on top of a table's current one.</summary>
internal sealed class SnapshotDraft
{
    private readonly TableStore _store;
    private readonly TableMetadata _origin;
    private readonly Snapshot? _parent;
    private readonly ICollection<string> _written;
    private readonly SnapshotStart _start;
    private readonly Guid _commitId;
    private readonly SummaryCounts _counts = new();
    private readonly List<ManifestFile> _manifests = [];
    private int _manifestNumber;

    /// <param name="store">Where files go.</param>
    /// <param name="origin">The table, with the schema and properties the snapshot is to have.</param>
    /// <param name="written">Receives each location before it is written.</param>
    internal SnapshotDraft(TableStore store, TableMetadata origin, ICollection<string> written)
    {
        (_store, _origin, _written) = (store, origin, written);
        _parent = origin.CurrentSnapshot;
        _start = store.Author.StartSnapshot(origin.LastSequenceNumber + 1);
        _commitId = store.Author.NewUuid();
    }

    internal SnapshotStart Start => _start;

    internal TableMetadata Origin => _origin;

    internal SummaryCounts Counts => _counts;

    /// <summary>Writes manifests and list; returns the table with the snapshot as its current one. Returns the table as
    /// it was if the operation finds nothing to do.</summary>
    internal async Task<TableMetadata> WriteAsync(
        FileOperation operation, IReadOnlyDictionary<string, string> summary, CancellationToken ct)
    {
        List<ManifestFile> parents = await _store.ReadListAsync(_parent, ct);
        // A manifest whose entries are all deleted told its story in the snapshot that deleted them.
        parents.RemoveAll(manifest => manifest.LiveFiles == 0);
        if (operation.Removed.Count > 0 && operation.Added.Count > 0)
        {
            RefuseRowDeletes(parents);
        }
        await AddFilesAsync(operation.Added, ct);
        bool isMerged = operation.MergeMinCount is { } minCount
            && await new ManifestMerge(this, _store.Manifests).WriteAsync(parents, minCount, ct);
        if (operation.MergeMinCount is not null && !isMerged && summary.Count == 0)
        {
            return _origin;
        }
        if (!isMerged)
        {
            await new FileRemoval(this, _store.Manifests).WriteAsync(parents, operation.Removed, ct);
        }
        return await FinishAsync(operation.Operation, summary, ct);
    }

    /// <summary>Keeps a manifest of the parent as it is.</summary>
    internal void Carry(ManifestFile manifest) => _manifests.Add(manifest);

    /// <summary>A manifest of this snapshot.</summary>
    internal ManifestWriter NewManifest(int specId) => new(_origin, _origin.FindSpec(specId), _start);

    /// <summary>Writes a manifest of this snapshot.</summary>
    internal async Task PutAsync(ManifestWriter manifest, CancellationToken ct)
    {
        string location = string.Create(CultureInfo.InvariantCulture,
            $"{MetadataFiles.Directory(_origin)}{_commitId}-m{_manifestNumber++}.avro");
        (byte[] bytes, ManifestFile description) = manifest.Finish(location);
        await PutAsync(location, bytes, ct);
        _manifests.Add(description);
    }

    private async Task AddFilesAsync(IReadOnlyList<DataFile> files, CancellationToken ct)
    {
        if (files.FirstOrDefault(file => file.RecordCount <= 0) is { } empty)
        {
            throw new ArgumentException($"{empty.Path} has no rows; readers skip such a file, so it is not committed.");
        }
        foreach (IGrouping<int, DataFile> spec in files.GroupBy(file => file.SpecId))
        {
            ManifestWriter manifest = NewManifest(spec.Key);
            foreach (DataFile file in spec)
            {
                manifest.Added(file);
                _counts.Add(file);
            }
            await PutAsync(manifest, ct);
        }
    }

    private async Task<TableMetadata> FinishAsync(
        string operation, IReadOnlyDictionary<string, string> summary, CancellationToken ct)
    {
        string list = string.Create(CultureInfo.InvariantCulture,
            $"{MetadataFiles.Directory(_origin)}snap-{_start.Id}-1-{_commitId}.avro");
        await PutAsync(list, ManifestList.Write(_manifests, _start, _parent?.Id), ct);
        Dictionary<string, string> texts = _counts.ToSummary(_manifests, _parent?.Summary);
        texts["operation"] = operation;
        texts["engine-name"] = Author.EngineName;
        texts["engine-version"] = _store.Author.EngineVersion;
        foreach ((string key, long offset) in Positions.ReadAll(_origin))
        {
            texts[key] = offset.ToString(CultureInfo.InvariantCulture);
        }
        foreach ((string key, string value) in summary)
        {
            texts[key] = value;
        }
        return WithSnapshot(list, texts);
    }

    private TableMetadata WithSnapshot(string list, Dictionary<string, string> summary)
    {
        long nowMs = _store.Author.NowMs(_origin.LastUpdatedMs);
        var snapshot = new Snapshot
        {
            Id = _start.Id,
            ParentId = _parent?.Id,
            SequenceNumber = _start.SequenceNumber,
            TimestampMs = nowMs,
            ManifestList = list,
            Summary = summary,
            SchemaId = _origin.CurrentSchemaId,
        };
        SnapshotRef main = _origin.Refs.GetValueOrDefault(TableMetadata.MainBranch) ?? new SnapshotRef(0, "branch");
        TableMetadata result = _origin with
        {
            LastSequenceNumber = snapshot.SequenceNumber,
            LastUpdatedMs = nowMs,
            CurrentSnapshotId = snapshot.Id,
            Snapshots = [.. _origin.Snapshots, snapshot],
            SnapshotLog = [.. _origin.SnapshotLog, new SnapshotLogEntry(nowMs, snapshot.Id)],
            Refs = new Dictionary<string, SnapshotRef>(_origin.Refs)
            {
                [TableMetadata.MainBranch] = main with { SnapshotId = snapshot.Id },
            },
        };
        return result.WithProperties(summary
            .Where(pair => pair.Key.StartsWith(Positions.KeyPrefix, StringComparison.Ordinal))
            .ToDictionary(pair => pair.Key, pair => Positions.Property(snapshot.SequenceNumber, pair.Value)));
    }

    private async Task PutAsync(string location, byte[] bytes, CancellationToken ct)
    {
        _written.Add(location);
        await _store.Objects.PutAsync(location, bytes, ct);
    }

    private void RefuseRowDeletes(List<ManifestFile> manifests)
    {
        if (manifests.Exists(manifest => manifest.Content == ManifestContent.Deletes))
        {
            throw new IcebergUnsupportedException($"{_origin.Location} has row-level delete files of another engine; "
                + "rewriting its data files would bring deleted rows back. Let that engine compact the table first.");
        }
    }
}
