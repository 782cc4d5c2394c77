namespace Millrace.Integration;

/// <summary><c>millrace up</c> on a workspace, ready to accept events.</summary>
internal sealed class Server : IAsyncDisposable
{
    private const string ReadyLine = "millrace ready on ";

    private static readonly TimeSpan DeadlineOfStart = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan DeadlineOfDrain = TimeSpan.FromMinutes(5);

    private readonly ChildProcess _process;
    private string? _url;
    private Api? _api;

    private Server(ChildProcess process) => _process = process;

    /// <summary>What it printed as its address, once it is ready.</summary>
    public string Url => _url ?? throw new InvalidOperationException("The server is not ready.");

    public Api Api => _api ??= new Api(Url, Workspace.AdminKey);

    public int ProcessId => _process.Id;

    public bool HasEnded => _process.HasExited;

    public string Error => _process.Error;

    public static Command Command(Workspace workspace, string address, params string[] more) => MillraceProgram.Command(
        workspace,
        ["up", "--data", workspace.Data, "--config", workspace.SettingsFile, "--http", address, .. more]);

    /// <summary>Starts it at the workspace's address and waits for its ready line.</summary>
    public static Task<Server> StartAsync(Workspace workspace, params string[] more) =>
        StartAtAsync(workspace, workspace.Address, more);

    /// <summary>Starts it elsewhere, for a second process on the same directory.</summary>
    public static async Task<Server> StartAtAsync(Workspace workspace, string address, params string[] more)
    {
        var server = Launch(Command(workspace, address, more));
        try
        {
            (await server.IsReadyAsync()).ShouldBeTrue($"The server ended:\n{server._process.Output}\n{server.Error}");
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it and waits for nothing.</summary>
    public static Server Launch(Command command) => new(ChildProcess.Start(command));

    /// <summary>Waits for its ready line.</summary>
    /// <returns>False: it ended before.</returns>
    public async Task<bool> IsReadyAsync()
    {
        await Eventually.BeTrueAsync(
            () => _process.HasExited || _process.Output.Contains(ReadyLine, StringComparison.Ordinal),
            DeadlineOfStart);
        var line = _process.Output.Split('\n')
            .FirstOrDefault(line => line.StartsWith(ReadyLine, StringComparison.Ordinal));
        _url = line?[ReadyLine.Length..].Trim();
        return !_process.HasExited;
    }

    /// <summary>SIGTERM; it must drain and say that all is well.</summary>
    public async Task<Outcome> StopAsync()
    {
        _process.Stop();
        return (await _process.EndAsync(DeadlineOfDrain)).Succeeded();
    }

    public Task KillAsync() => _process.KillAsync();

    /// <summary>How it ended, for a server that has or is about to.</summary>
    public Task<Outcome> EndAsync() => _process.EndAsync(DeadlineOfDrain);

    public async ValueTask DisposeAsync()
    {
        _api?.Dispose();
        await _process.DisposeAsync();
    }
}
