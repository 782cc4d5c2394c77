namespace Millrace.Integration;

/// <summary><c>millrace up</c> on a workspace, ready to accept events.</summary>
internal sealed class Server : IAsyncDisposable
{
    private const string ReadyLine = "millrace ready on ";

    private static readonly TimeSpan DeadlineOfStart = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan DeadlineOfDrain = TimeSpan.FromSeconds(60);

    private readonly ChildProcess _process;

    private Server(ChildProcess process, string url)
    {
        _process = process;
        Url = url;
        Api = new Api(url, Workspace.AdminKey);
    }

    /// <summary>What it printed as its address.</summary>
    public string Url { get; }

    public int ProcessId => _process.Id;

    public string Error => _process.Error;

    public Api Api { get; }

    public static Command Command(Workspace workspace, string address, params string[] more) => MillraceProgram.Command(
        workspace,
        ["up", "--data", workspace.Data, "--config", workspace.SettingsFile, "--http", address, .. more]);

    /// <summary>Starts it at the workspace's address and waits for its ready line.</summary>
    public static Task<Server> StartAsync(Workspace workspace, params string[] more) =>
        StartAtAsync(workspace, workspace.Address, more);

    /// <summary>Starts it elsewhere, for a second process on the same directory.</summary>
    public static async Task<Server> StartAtAsync(Workspace workspace, string address, params string[] more)
    {
        var process = ChildProcess.Start(Command(workspace, address, more));
        try
        {
            await Eventually.BeTrueAsync(
                () => process.HasExited || process.Output.Contains(ReadyLine, StringComparison.Ordinal),
                DeadlineOfStart);
            process.HasExited.ShouldBeFalse($"The server ended:\n{process.Output}\n{process.Error}");
            var line = process.Output.Split('\n').First(line => line.StartsWith(ReadyLine, StringComparison.Ordinal));
            return new Server(process, line[ReadyLine.Length..].Trim());
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>SIGTERM; it must drain and say that all is well.</summary>
    public async Task<Outcome> StopAsync()
    {
        _process.Stop();
        return (await _process.EndAsync(DeadlineOfDrain)).Succeeded();
    }

    public Task KillAsync() => _process.KillAsync();

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        await _process.DisposeAsync();
    }
}
