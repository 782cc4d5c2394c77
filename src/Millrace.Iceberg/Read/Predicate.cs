namespace Millrace.Iceberg;

/// <summary>Comparison of a column with values.</summary>
public enum Comparison
{
    Equal, Less, LessOrEqual, Greater, GreaterOrEqual, In,
}

/// <summary>A condition on one column. It is never true of null.</summary>
/// <param name="FieldId">The column.</param>
/// <param name="Comparison">How it compares.</param>
/// <param name="Values">As <see cref="Bounds"/> encodes them; exactly one unless the comparison is
/// <see cref="Comparison.In"/>.</param>
public sealed record Condition(int FieldId, Comparison Comparison, IReadOnlyList<byte[]> Values)
{
    public Condition(int fieldId, Comparison comparison, byte[] value)
        : this(fieldId, comparison, [value])
    {
    }
}

/// <summary>All conditions must hold. Files in which that is impossible are left out of a plan; a plan still may hold
/// files without a matching row.</summary>
public sealed record Predicate(IReadOnlyList<Condition> Conditions)
{
    /// <summary>Every row.</summary>
    public static Predicate All { get; } = new([]);
}
