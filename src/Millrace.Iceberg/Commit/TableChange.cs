namespace Millrace.Iceberg;

/// <summary>What shall change in one table, independent of the state it will be applied to: a transaction that loses a
/// race derives it again from the winner's state. Pure until written.</summary>
/// <remarks>
/// At most one kind of file operation per change. Every snapshot carries all positions of its parent forward
/// (<see cref="Positions"/>), then those set here. Not thread safe.
/// </remarks>
public sealed class TableChange
{
    private readonly TableDefinition? _definition;
    private readonly Dictionary<string, string> _summary = [];
    private readonly Dictionary<string, string> _properties = [];
    private readonly List<NewColumn> _columns = [];
    private FileOperation? _files;
    private Retention? _retention;

    /// <summary>A change of an existing table.</summary>
    public TableChange(TableName table) => Table = table;

    private TableChange(TableName table, TableDefinition definition)
        : this(table) => _definition = definition;

    /// <summary>The table it is for.</summary>
    public TableName Table { get; }

    /// <summary>True if the table must not exist yet.</summary>
    internal bool IsCreation => _definition is not null;

    /// <summary>A new table, to which further changes may be added (prefer its first files: icebird cannot read a table
    /// without a snapshot).</summary>
    public static TableChange Create(TableName table, TableDefinition definition) => new(table, definition);

    /// <summary>Adds files. Several calls add up.</summary>
    public TableChange Append(IReadOnlyList<DataFile> files) =>
        Do(new FileOperation("append") { Added = [.. _files?.Operation == "append" ? _files.Added : [], .. files] });

    /// <summary>Adds a snapshot that may have no file, only a summary. A table's first should have files.</summary>
    public TableChange AppendEmpty() => Append([]);

    /// <summary>The same rows in other files (compaction).</summary>
    /// <exception cref="ArgumentException">The numbers of rows differ.</exception>
    public TableChange Replace(IReadOnlyList<DataFile> removed, IReadOnlyList<DataFile> added)
    {
        long before = removed.Sum(file => file.RecordCount);
        long after = added.Sum(file => file.RecordCount);
        return before == after
            ? Do(new FileOperation("replace") { Removed = removed, Added = added })
            : throw new ArgumentException(
                $"A replacement keeps its rows; these are {before} and {after}. Use Overwrite.");
    }

    /// <summary>Other rows in place of some files' (erasure, correction).</summary>
    public TableChange Overwrite(IReadOnlyList<DataFile> removed, IReadOnlyList<DataFile> added) =>
        Do(new FileOperation("overwrite") { Removed = removed, Added = added });

    /// <summary>Removes whole files.</summary>
    public TableChange Delete(IReadOnlyList<DataFile> removed) => Do(new FileOperation("delete") { Removed = removed });

    /// <summary>Merges small manifests by partition, if there are at least <paramref name="minCount"/> of them; nothing
    /// happens otherwise. Rows and files stay.</summary>
    public TableChange MergeManifests(int minCount = 100) =>
        Do(new FileOperation("replace") { MergeMinCount = minCount });

    /// <summary>A key of the snapshot's summary. A key of <see cref="Positions"/> also becomes
    /// a table property. On a table that has snapshots this alone adds one; on a table
    /// without, only positions are kept, as properties.</summary>
    public TableChange SetSummary(string key, string value)
    {
        _summary[key] = value;
        return this;
    }

    /// <summary>Sets table properties.</summary>
    public TableChange SetProperties(IReadOnlyDictionary<string, string> properties)
    {
        foreach ((string key, string value) in properties)
        {
            _properties[key] = value;
        }
        return this;
    }

    /// <summary>Adds optional columns; one that is already there with the same type is fine.</summary>
    public TableChange AddColumns(IReadOnlyList<NewColumn> columns)
    {
        _columns.AddRange(columns);
        return this;
    }

    /// <summary>Forgets snapshots that are both older and beyond a number,
    /// never one a branch or tag points to.</summary>
    /// <param name="keepLast">Snapshots of the current history that stay however old; at least 1.</param>
    /// <param name="olderThan">Younger ones stay. The longest reader must be done with what is older.</param>
    public TableChange ExpireSnapshots(int keepLast, DateTimeOffset olderThan)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keepLast, 1);
        _retention = new Retention(keepLast, olderThan.ToUnixTimeMilliseconds());
        return this;
    }

    /// <summary>Applies the change to a loaded table and writes manifests, manifest list and metadata file.</summary>
    /// <returns>The swap that makes it true; null if there is nothing to change.</returns>
    /// <param name="origin">Freshly loaded; null if the table is to be created.</param>
    /// <param name="store">Where the files go.</param>
    /// <param name="written">Receives each file's location before it is
    /// written, so that a loser can delete its own.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="StaleChangeException">A file to be removed is no longer in the table.</exception>
    public async Task<WrittenChange?> WriteAsync(
        Table? origin, TableStore store, ICollection<string> written, CancellationToken ct)
    {
        if ((origin is null) != IsCreation)
        {
            throw new StaleChangeException(origin is null ? $"{Table} does not exist." : $"{Table} exists already.");
        }
        TableMetadata before = origin?.Metadata ?? _definition!.ToMetadata(store.Author);
        TableMetadata after = SchemaChange.AddColumns(before, _columns);
        after = await WithSnapshotAsync(after, store, written, ct);
        after = after.WithProperties(_properties);
        after = _retention is null ? after : _retention.Apply(after);
        if (ReferenceEquals(after, before) && origin is not null)
        {
            return null;
        }
        after = after with
        {
            LastUpdatedMs = store.Author.NowMs(after.LastUpdatedMs),
            MetadataLog = MetadataFiles.Log(origin),
        };
        string location = MetadataFiles.Next(origin, after, store.Author.NewUuid());
        written.Add(location);
        await store.Objects.PutAsync(location, TableMetadataJson.Format(after, location), ct);
        return new WrittenChange(
            new TableSwap(Table, origin?.MetadataLocation, location),
            new Table(Table, location, after),
            after.CurrentSnapshotId == before.CurrentSnapshotId ? null : after.CurrentSnapshotId);
    }

    private async Task<TableMetadata> WithSnapshotAsync(
        TableMetadata metadata, TableStore store, ICollection<string> written, CancellationToken ct)
    {
        FileOperation? files = _files ?? (_summary.Count > 0 && metadata.CurrentSnapshot is not null
            ? new FileOperation("append") : null);
        if (files is null)
        {
            return metadata.WithProperties(_summary
                .Where(pair => pair.Key.StartsWith(Positions.KeyPrefix, StringComparison.Ordinal))
                .ToDictionary(pair => pair.Key, pair => Positions.Property(metadata.LastSequenceNumber, pair.Value)));
        }
        return await new SnapshotDraft(store, metadata, written).WriteAsync(files, _summary, ct);
    }

    private TableChange Do(FileOperation files)
    {
        if (_files is not null && (_files.Operation != "append" || files.Operation != "append"))
        {
            throw new InvalidOperationException($"This change of {Table} already has a file operation.");
        }
        _files = files;
        return this;
    }
}

/// <summary>A change whose files are written but which is not true yet.</summary>
/// <param name="Swap">What makes it true.</param>
/// <param name="Result">The table once it is.</param>
/// <param name="SnapshotId">The snapshot it adds, if any.</param>
public sealed record WrittenChange(TableSwap Swap, Table Result, long? SnapshotId);

/// <summary>The table has moved on so that a change no longer makes sense;
/// deriving it anew may help, retrying does not.</summary>
public sealed class StaleChangeException(string message) : Exception(message);
