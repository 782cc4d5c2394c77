using System.Diagnostics;

namespace Millrace.Fuzz;

/// <summary>Keeps the input that is being run in a file, so that it is known even if the process dies of it, and ends
/// the process if one takes too long.</summary>
/// <remarks>CPU time counts: a machine that is busy with other things is no finding.</remarks>
internal sealed class Watch : IDisposable
{
    private static readonly TimeSpan RunMax = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly FileStream _current;
    private readonly Timer _timer;
    private long _runs;
    private long _runsSeen = -1;
    private TimeSpan _cpuSeen;

    public Watch(string file)
    {
        _current = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        _timer = new Timer(_ => Look(), null, LookEvery, LookEvery);
    }

    public void Begin(byte[] input)
    {
        _current.SetLength(input.Length);
        _current.Position = 0;
        _current.Write(input);
        Interlocked.Increment(ref _runs);
    }

    public void Dispose()
    {
        _timer.Dispose();
        _current.Dispose();
    }

    private void Look()
    {
        var runs = Interlocked.Read(ref _runs);
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        if (runs != _runsSeen)
        {
            (_runsSeen, _cpuSeen) = (runs, cpu);
        }
        else if (cpu - _cpuSeen > RunMax)
        {
            Console.Error.WriteLine($"A run took more than {RunMax.TotalSeconds} s: {_current.Name}");
            Environment.Exit(3);
        }
    }
}
