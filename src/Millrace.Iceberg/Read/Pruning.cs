namespace Millrace.Iceberg;

/// <summary>Decides from summaries alone which manifests and files cannot matter to a
/// predicate. Every doubt says "may". For one plan; not thread safe.</summary>
internal sealed class Pruning(TableMetadata metadata, Predicate predicate)
{
    private readonly Dictionary<int, SpecConditions> _bySpec = [];
    private readonly ColumnConditions[] _columns = [.. predicate.Conditions
        .GroupBy(condition => condition.FieldId)
        .Where(column => metadata.FindField(column.Key)?.Type is PrimitiveType)
        .Select(column => new ColumnConditions(
            column.Key, (PrimitiveType)metadata.FindField(column.Key)!.Type, [.. column]))];

    /// <summary>False if no row of the manifest's files can satisfy the predicate.</summary>
    internal bool MayMatch(ManifestFile manifest)
    {
        SpecConditions spec = OfSpec(manifest.SpecId);
        if (manifest.Partitions is not { } summaries || summaries.Count != spec.FieldCount)
        {
            return true;
        }
        foreach (Projection each in spec.Conditions)
        {
            PartitionSummary summary = summaries[each.Index];
            if (!new ValueRange(each.Type, summary.Lower, summary.Upper, summary.ContainsNan != false)
                .MaySatisfy(each.Condition))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>False if no row of the file can satisfy the predicate.</summary>
    internal bool MayMatch(DataFile file) => MayMatchByPartition(file, OfSpec(file.SpecId))
        && Array.TrueForAll(_columns, column => MayMatch(file, column));

    /// <summary>False if the manifest certainly does not list the file.</summary>
    internal static bool MayHold(TableMetadata metadata, ManifestFile manifest, DataFile file)
    {
        if (manifest.SpecId != file.SpecId)
        {
            return false;
        }
        IReadOnlyList<PartitionField> fields = metadata.FindSpec(manifest.SpecId).Fields;
        if (manifest.Partitions is not { } summaries || summaries.Count != fields.Count
            || file.Partition.Count != fields.Count)
        {
            return true;
        }
        for (int index = 0; index < fields.Count; index++)
        {
            PartitionSummary summary = summaries[index];
            bool mayHold = file.Partition[index] is { } value
                ? new ValueRange(metadata.PartitionType(fields[index]), summary.Lower, summary.Upper, MayHoldNan: true)
                    .MaySatisfy(new Condition(fields[index].SourceId, Comparison.Equal, value))
                : summary.ContainsNull;
            if (!mayHold)
            {
                return false;
            }
        }
        return true;
    }

    private static bool MayMatchByPartition(DataFile file, SpecConditions spec)
    {
        if (file.Partition.Count != spec.FieldCount)
        {
            return true;
        }
        foreach (Projection each in spec.Conditions)
        {
            // The source of a null partition value is null, and null satisfies nothing.
            if (file.Partition[each.Index] is not { } value
                || !new ValueRange(each.Type, value, value, MayHoldNan: true).MaySatisfy(each.Condition))
            {
                return false;
            }
        }
        return true;
    }

    private static bool MayMatch(DataFile file, ColumnConditions column)
    {
        // Each look-up decodes a map: of thousands of files, only what decides, and once.
        (int id, PrimitiveType type, Condition[] conditions) = column;
        byte[]? lower = file.LowerBounds.GetValueOrDefault(id);
        if (lower is null && IsAllNull(file, id))
        {
            return false;
        }
        bool mayHoldNan = type.Kind is (PrimitiveKind.Float or PrimitiveKind.Double)
            && !(file.NanCounts.TryGetValue(id, out long nans) && nans == 0);
        var range = new ValueRange(type, lower, file.UpperBounds.GetValueOrDefault(id), mayHoldNan);
        return Array.TrueForAll(conditions, range.MaySatisfy);
    }

    private static bool IsAllNull(DataFile file, int id) => file.ValueCounts.TryGetValue(id, out long values)
        && file.NullCounts.TryGetValue(id, out long nulls) && values == nulls;

    private SpecConditions OfSpec(int id)
    {
        if (!_bySpec.TryGetValue(id, out SpecConditions? known))
        {
            IReadOnlyList<PartitionField> fields = metadata.FindSpec(id).Fields;
            _bySpec[id] = known = new SpecConditions(
                fields.Count, [.. fields.SelectMany(Projected)]);
        }
        return known;
    }

    /// <summary>The conditions on a partition field's source, carried through its transform.</summary>
    private IEnumerable<Projection> Projected(PartitionField field, int index)
    {
        if (metadata.FindField(field.SourceId)?.Type is not PrimitiveType source)
        {
            yield break;
        }
        foreach (Condition condition in predicate.Conditions.Where(condition => condition.FieldId == field.SourceId))
        {
            byte[]?[] values = [.. condition.Values.Select(value => Transforms.Apply(field.Transform, source, value))];
            if (!values.Contains(null))
            {
                yield return new Projection(index, Transforms.ResultType(field.Transform, source),
                    new Condition(condition.FieldId, Loosen(field.Transform, condition.Comparison), values!));
            }
        }
    }

    /// <summary>Values before noon and noon itself are of one day: "less" becomes "less or equal".</summary>
    private static Comparison Loosen(string transform, Comparison comparison) => (transform, comparison) switch
    {
        (Transforms.Identity, _) => comparison,
        (_, Comparison.Less) => Comparison.LessOrEqual,
        (_, Comparison.Greater) => Comparison.GreaterOrEqual,
        _ => comparison,
    };

    /// <summary>What the predicate demands of a column.</summary>
    private sealed record ColumnConditions(int FieldId, PrimitiveType Type, Condition[] Conditions);

    /// <summary>What the predicate demands of the partition values of one spec.</summary>
    private sealed record SpecConditions(int FieldCount, Projection[] Conditions);

    /// <summary>A condition on the partition field at an index.</summary>
    private sealed record Projection(int Index, PrimitiveType Type, Condition Condition);
}
