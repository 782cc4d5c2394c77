using System.Globalization;

namespace Millrace.Integration;

/// <summary>System calls of a running program that fail, by strace, from <see cref="BeginAsync"/> until this is
/// disposed.</summary>
/// <remarks>The program is attached to, not started, so it can be a server with a past, and it outlives the fault. The
/// call that fails is not made.</remarks>
internal sealed class FaultyCalls : IAsyncDisposable
{
    private static readonly TimeSpan DeadlineOfEnd = TimeSpan.FromSeconds(30);

    private readonly ChildProcess _strace;
    private readonly string _trace;

    private FaultyCalls(ChildProcess strace, string trace) => (_strace, _trace) = (strace, trace);

    /// <summary>Calls that failed because they were told to, each with the path it was about.</summary>
    public IReadOnlyList<string> Injected => Marked("(INJECTED)");

    /// <summary>Calls that were delayed.</summary>
    public IReadOnlyList<string> Delayed => Marked("(DELAYED)");

    public static void SkipUnlessPossible()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may attach to a program and mount.");
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "strace is not installed.");
    }

    /// <summary>Attaches, and returns when the calls fail.</summary>
    /// <param name="trace">A file that does not exist yet: what strace writes.</param>
    public static async Task<FaultyCalls> BeginAsync(int processId, CallFault fault, string trace)
    {
        var threads = fault.Threads is { } name ? ThreadsOf(processId, name) : [];
        List<string> arguments =
            ["-y", "-o", trace, "-e", $"trace={fault.Calls}", "-e", $"inject={fault.Calls}:{fault.How}"];
        arguments.AddRange(fault.Paths.SelectMany(path => new[] { "-P", path }));
        arguments.AddRange(fault.Threads is null
            ? ["-f", "-p", Text(processId)]
            : threads.SelectMany(thread => new[] { "-p", Text(thread) }));
        var strace = ChildProcess.Start(new Command("/usr/bin/strace", arguments));
        var begun = new FaultyCalls(strace, trace);
        try
        {
            var attached = fault.Threads is null ? 1 : threads.Count;
            await Eventually.BeTrueAsync(
                () => strace.HasExited || strace.Error.Split(" attached").Length > attached, DeadlineOfEnd);
            strace.HasExited.ShouldBeFalse(strace.Error);
            return begun;
        }
        catch
        {
            await begun.DisposeAsync();
            throw;
        }
    }

    /// <summary>The calls succeed again when this returns.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_strace.HasExited)
        {
            _strace.Stop();
            await _strace.EndAsync(DeadlineOfEnd);
        }
        await _strace.DisposeAsync();
    }

    private static List<int> ThreadsOf(int processId, string name)
    {
        List<int> threads =
        [
            .. Directory.GetDirectories($"/proc/{processId}/task")
                .Where(task => NameOf(task) == name)
                .Select(task => int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture)),
        ];
        threads.ShouldNotBeEmpty($"The program has no thread '{name}'.");
        return threads;
    }

    /// <summary>Null: the thread has ended meanwhile.</summary>
    private static string? NameOf(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm")).TrimEnd('\n');
        }
        catch (IOException)
        {
            return null;
        }
    }

    private IReadOnlyList<string> Marked(string mark)
    {
        if (!File.Exists(_trace))
        {
            return [];
        }
        using var file = new FileStream(_trace, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return [.. reader.ReadToEnd().Split('\n').Where(line => line.EndsWith(mark, StringComparison.Ordinal))];
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Which system calls fail, and how.</summary>
/// <param name="Calls">Names, separated by commas.</param>
/// <param name="How">As strace's <c>inject</c> has it: <c>error=EIO:when=3+</c>.</param>
internal sealed record CallFault(string Calls, string How)
{
    /// <summary>Only threads of this name, of at most 15 characters; null: all.</summary>
    public string? Threads { get; init; }

    /// <summary>Only calls on these files and directories; empty: all.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];
}
