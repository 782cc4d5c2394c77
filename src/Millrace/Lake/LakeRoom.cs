using Millrace.Log;

namespace Millrace.Lake;

/// <summary>The free space that the lake leaves alone, so that there is always some to win more back with.</summary>
/// <remarks>The log stops sooner (10 %): what it has accepted can still be committed, and its segments used
/// again.</remarks>
/// <param name="freeBytesMin">Null: the smaller of 2 % and 1 GiB.</param>
internal sealed class LakeRoom(IDisk disk, string directory, long? freeBytesMin)
{
    private const long FloorMax = 1L << 30;
    private const int FloorShare = 50;

    /// <exception cref="IOException">There is less free space.</exception>
    public void Check()
    {
        var space = disk.Space(directory);
        var floor = freeBytesMin ?? Math.Min(space.TotalBytes / FloorShare, FloorMax);
        if (space.FreeBytes < floor)
        {
            throw new IOException(
                $"Only {space.FreeBytes >> 20} MiB are free at '{directory}', the lake leaves {floor >> 20} MiB alone: "
                + "make room, or set 'lake.free_bytes_min'.");
        }
    }
}
