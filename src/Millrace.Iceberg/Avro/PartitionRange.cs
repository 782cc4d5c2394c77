namespace Millrace.Iceberg;

/// <summary>Gathers the summary of one partition field over a manifest's entries.</summary>
internal sealed class PartitionRange(PrimitiveType type)
{
    private bool _containsNull;
    private bool _containsNan;
    private byte[]? _lower;
    private byte[]? _upper;

    internal PartitionSummary Summary => new(_containsNull, _containsNan, _lower, _upper);

    internal void Add(byte[]? value)
    {
        if (value is null)
        {
            _containsNull = true;
            return;
        }
        if (Bounds.Decode(type, value) is float.NaN or double.NaN)
        {
            _containsNan = true;
            return;
        }
        _lower = _lower is null || Bounds.Compare(type, value, _lower) < 0 ? value : _lower;
        _upper = _upper is null || Bounds.Compare(type, value, _upper) > 0 ? value : _upper;
    }
}
