namespace Millrace.Iceberg;

/// <summary>What is known of the values of a column or partition field somewhere; a null bound is unknown.</summary>
/// <param name="Type">Of the values.</param>
/// <param name="Lower">At or below all of them, NaN aside.</param>
/// <param name="Upper">At or above all of them, NaN aside.</param>
/// <param name="MayHoldNan">False only if there is certainly no NaN; of no meaning but for floating-point
/// numbers.</param>
internal readonly record struct ValueRange(PrimitiveType Type, byte[]? Lower, byte[]? Upper, bool MayHoldNan)
{
    private bool MayBeNan => MayHoldNan && Type.Kind is (PrimitiveKind.Float or PrimitiveKind.Double);

    /// <summary>False only if no value in the range can satisfy the condition.</summary>
    internal bool MaySatisfy(Condition condition)
    {
        foreach (byte[] value in condition.Values)
        {
            if (MaySatisfy(condition.Comparison, value))
            {
                return true;
            }
        }
        return false;
    }

    private bool MaySatisfy(Comparison comparison, byte[] value) => comparison switch
    {
        Comparison.Less => !(Compare(Lower, value) >= 0),
        Comparison.LessOrEqual => !(Compare(Lower, value) > 0),
        // DuckDB orders NaN above every number; bounds say nothing of NaN.
        Comparison.Greater => MayBeNan || !(Compare(Upper, value) <= 0),
        Comparison.GreaterOrEqual => MayBeNan || !(Compare(Upper, value) < 0),
        _ => !(Compare(Lower, value) > 0) && !(Compare(Upper, value) < 0),
    };

    private int? Compare(byte[]? bound, byte[] value) => bound is null ? null : Bounds.Compare(Type, bound, value);
}
