namespace Millrace.Iceberg;

/// <summary>Decides from summaries alone which manifests and files cannot matter. Every doubt says "may".</summary>
internal static class Pruning
{
    /// <summary>False if no row of the manifest's files can satisfy the predicate.</summary>
    internal static bool MayMatch(TableMetadata metadata, ManifestFile manifest, Predicate predicate)
    {
        IReadOnlyList<PartitionField> fields = metadata.FindSpec(manifest.SpecId).Fields;
        if (manifest.Partitions is not { } summaries || summaries.Count != fields.Count)
        {
            return true;
        }
        return fields.Zip(summaries).All(pair => Projected(metadata, pair.First, predicate).All(projected =>
            new ValueRange(projected.Type, pair.Second.Lower, pair.Second.Upper, pair.Second.ContainsNan != false)
                .MaySatisfy(projected.Condition)));
    }

    /// <summary>False if no row of the file can satisfy the predicate.</summary>
    internal static bool MayMatch(TableMetadata metadata, DataFile file, Predicate predicate)
    {
        IReadOnlyList<PartitionField> fields = metadata.FindSpec(file.SpecId).Fields;
        bool mayByPartition = fields.Count != file.Partition.Count
            || fields.Zip(file.Partition).All(pair => Projected(metadata, pair.First, predicate).All(projected =>
                // The source of a null partition value is null, and null satisfies nothing.
                pair.Second is { } value
                && new ValueRange(projected.Type, value, value, MayHoldNan: true).MaySatisfy(projected.Condition)));
        return mayByPartition && predicate.Conditions.All(condition => MayMatch(metadata, file, condition));
    }

    /// <summary>False if the manifest certainly does not list the file.</summary>
    internal static bool MayHold(TableMetadata metadata, ManifestFile manifest, DataFile file)
    {
        IReadOnlyList<PartitionField> fields = metadata.FindSpec(manifest.SpecId).Fields;
        if (manifest.SpecId != file.SpecId)
        {
            return false;
        }
        if (manifest.Partitions is not { } summaries || summaries.Count != fields.Count || file.Partition.Count != fields.Count)
        {
            return true;
        }
        return fields.Select((field, index) => (field, index)).All(each => file.Partition[each.index] is { } value
            ? new ValueRange(metadata.PartitionType(each.field), summaries[each.index].Lower, summaries[each.index].Upper, true)
                .MaySatisfy(new Condition(each.field.SourceId, Comparison.Equal, value))
            : summaries[each.index].ContainsNull);
    }

    private static bool MayMatch(TableMetadata metadata, DataFile file, Condition condition)
    {
        int id = condition.FieldId;
        if (metadata.FindField(id)?.Type is not PrimitiveType type)
        {
            return true;
        }
        bool isAllNull = file.ValueCounts.TryGetValue(id, out long values)
            && file.NullCounts.TryGetValue(id, out long nulls) && values == nulls;
        bool mayHoldNan = type.Kind is PrimitiveKind.Float or PrimitiveKind.Double
            && !(file.NanCounts.TryGetValue(id, out long nans) && nans == 0);
        return !isAllNull
            && new ValueRange(type, file.LowerBounds.GetValueOrDefault(id), file.UpperBounds.GetValueOrDefault(id), mayHoldNan)
                .MaySatisfy(condition);
    }

    /// <summary>The conditions on a partition field's source, carried through its transform.</summary>
    private static IEnumerable<(PrimitiveType Type, Condition Condition)> Projected(
        TableMetadata metadata, PartitionField field, Predicate predicate)
    {
        if (field.Transform == Transforms.Void || metadata.FindField(field.SourceId)?.Type is not PrimitiveType source)
        {
            yield break;
        }
        PrimitiveType type = Transforms.ResultType(field.Transform, source);
        foreach (Condition condition in predicate.Conditions.Where(condition => condition.FieldId == field.SourceId))
        {
            byte[]?[] values = [.. condition.Values.Select(value => Transforms.Apply(field.Transform, source, value))];
            if (!values.Contains(null))
            {
                yield return (type, new Condition(condition.FieldId, Loosen(field.Transform, condition.Comparison), values!));
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
}
