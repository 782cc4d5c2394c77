namespace Millrace.Tests.Twins;

/// <summary>All that changed a <see cref="MemoryDisk"/>, in order, to be done again step by step on a copy of what was
/// there before: a crash can then be tried behind each step, however the threads had run.</summary>
public sealed class DiskRecording
{
    private readonly Dictionary<MemoryFile, MemoryFile> _copies = [];
    private readonly List<Action<DiskRecording>> _steps = [];
    private readonly List<string> _story = [];
    private int _done;

    internal DiskRecording(MemoryDisk disk) => Now = disk.Copy(file => Duplicate(_copies, file));

    /// <summary>The disk as it was behind the steps done so far.</summary>
    public MemoryDisk Now { get; }

    /// <summary>Steps done so far.</summary>
    public int Done => _done;

    /// <summary>Steps recorded.</summary>
    public int Steps => _steps.Count;

    /// <summary>Does the next step; false: there is none.</summary>
    public bool Step()
    {
        if (_done == _steps.Count)
        {
            return false;
        }
        _steps[_done++](this);
        return true;
    }

    /// <summary>The disk of now after a power cut.</summary>
    public MemoryDisk Crashed(Random random)
    {
        var copies = new Dictionary<MemoryFile, MemoryFile>();
        MemoryDisk disk = Now.Copy(file => Duplicate(copies, file));
        disk.Crash(random);
        return disk;
    }

    /// <summary>What the last steps done were, one a line, to see how the threads had run.</summary>
    public string Story => string.Join('\n', _story.Take(_done).TakeLast(80));

    internal void Add(string what, Action<DiskRecording> step)
    {
        _story.Add(what);
        _steps.Add(step);
    }

    /// <summary>The copy of a file of the recorded disk; one made since then is empty when it is first met.</summary>
    internal MemoryFile CopyOf(MemoryFile file)
    {
        if (!_copies.TryGetValue(file, out MemoryFile? copy))
        {
            _copies[file] = copy = new MemoryFile([]);
        }
        return copy;
    }

    private static MemoryFile Duplicate(Dictionary<MemoryFile, MemoryFile> copies, MemoryFile file)
    {
        if (!copies.TryGetValue(file, out MemoryFile? copy))
        {
            copies[file] = copy = file.Duplicate();
        }
        return copy;
    }
}
