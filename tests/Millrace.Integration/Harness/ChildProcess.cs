using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Millrace.Integration;

/// <summary>A program of this machine, with what it prints kept line by line.</summary>
/// <remarks>Killed when disposed, if it still runs.</remarks>
internal sealed partial class ChildProcess : IAsyncDisposable
{
    /// <summary>What .NET says of a program that SIGKILL ended.</summary>
    public const int ExitCodeOfKill = 128 + 9;

    private const int Terminate = 15;

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly Task _reading;

    private ChildProcess(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(KeepAsync(process.StandardOutput, _output), KeepAsync(process.StandardError, _error));
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Output => Text(_output);

    public string Error => Text(_error);

    public StreamWriter Input => _process.StandardInput;

    public static ChildProcess Start(Command command)
    {
        var start = new ProcessStartInfo(command.Program, command.Arguments)
        {
            WorkingDirectory = command.Directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var (name, value) in command.Environment)
        {
            start.Environment[name] = value;
        }
        return new ChildProcess(Process.Start(start)!);
    }

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="TimeoutException">It does not end; it is killed.</exception>
    public static async Task<Outcome> RunAsync(Command command)
    {
        await using var child = Start(command);
        child.Input.Close();
        return await child.EndAsync(command.Deadline);
    }

    /// <summary>Waits until the program has ended and all it printed is read.</summary>
    /// <exception cref="TimeoutException">It does not end.</exception>
    public async Task<Outcome> EndAsync(TimeSpan deadline)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(deadline);
            await _reading.WaitAsync(deadline);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException(
                $"{_process.StartInfo.FileName} {string.Join(' ', _process.StartInfo.ArgumentList)} did not end within "
                + $"{deadline}.\n{Output}\n{Error}");
        }
        return new Outcome(_process.ExitCode, Output, Error);
    }

    /// <summary>SIGTERM: asks it to end.</summary>
    public void Stop() => Kill(_process.Id, Terminate).ShouldBe(0);

    /// <summary>SIGKILL: it gets no chance to do anything more.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private static async Task KeepAsync(StreamReader from, StringBuilder to)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            lock (to)
            {
                to.Append(line).Append('\n');
            }
        }
    }

    private static string Text(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}

/// <summary>How a program is to be run.</summary>
internal sealed record Command(string Program, IReadOnlyList<string> Arguments)
{
    public string Directory { get; init; } = Path.GetTempPath();

    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>How a program ended, and what it printed.</summary>
internal sealed record Outcome(int ExitCode, string Output, string Error)
{
    public string LastLine => Output.TrimEnd('\n').Split('\n')[^1];

    /// <summary>Itself, if the program succeeded.</summary>
    public Outcome Succeeded()
    {
        ExitCode.ShouldBe(0, $"{Output}\n{Error}");
        return this;
    }
}
