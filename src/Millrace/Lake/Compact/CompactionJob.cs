using Millrace.Iceberg;

namespace Millrace.Lake;

/// <summary>Data files of one hour, or one day, to be replaced by fewer.</summary>
/// <param name="Slot">The hour, or the day.</param>
/// <param name="Inputs">What is replaced.</param>
/// <param name="SharedFilesMax">Files that tenants may share afterwards.</param>
internal sealed record CompactionJob(
    LakeTable Table, FileSlot Slot, IReadOnlyList<DataFile> Inputs, int SharedFilesMax)
{
    /// <summary>True: late rows of a day go to files of their hours.</summary>
    public bool IsFolding { get; init; }

    /// <summary>Where the inputs are a day's late rows: the other files of the day. A late row that is a copy of one in
    /// them is dropped. Null: the rows are not looked at.</summary>
    public IReadOnlyList<DataFile>? Others { get; init; }

    public long Bytes => Inputs.Sum(file => file.SizeBytes);

    public long Rows => Inputs.Sum(file => file.RecordCount);
}
