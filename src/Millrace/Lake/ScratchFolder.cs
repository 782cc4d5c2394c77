using Millrace.Log;

namespace Millrace.Lake;

/// <summary>Where files are written that are not durable yet; the directory exists.</summary>
internal sealed class ScratchFolder(IDisk disk, string path)
{
    public string PathOf(string name) => Path.Combine(path, name);

    /// <summary>Removes what a failed attempt left, cut off by a full disk perhaps: it would keep its room.</summary>
    public void Clear()
    {
        foreach (var name in disk.List(path))
        {
            disk.Delete(PathOf(name));
        }
    }
}
