namespace Millrace.Refine;

/// <summary>An id that was claimed, and the offset of the record that claimed it first.</summary>
/// <param name="High">Upper half of the id.</param>
/// <param name="Low">Lower half of the id.</param>
/// <param name="Offset">In the log of the node whose run or table this is.</param>
internal readonly record struct IdEntry(ulong High, ulong Low, long Offset) : IComparable<IdEntry>
{
    public UInt128 Id => new(High, Low);

    /// <summary>The order of id runs: by id, and the earlier claim of one id first.</summary>
    public int CompareTo(IdEntry other)
    {
        var order = High.CompareTo(other.High);
        order = order != 0 ? order : Low.CompareTo(other.Low);
        return order != 0 ? order : Offset.CompareTo(other.Offset);
    }
}
