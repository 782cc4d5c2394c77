namespace Millrace.Integration;

/// <summary>The processes of a data directory: one with every role, or one that collects and one for lake and
/// queries.</summary>
internal sealed class Fleet(Workspace workspace, bool isSplit) : IAsyncDisposable
{
    public const string All = "collect,lake,query";
    public const string Collect = "collect";
    public const string Lake = "lake,query";

    private const int LastCharacters = 4000;

    private readonly string _lakeAddress = $"127.0.0.1:{Workspace.FreePort()}";
    private readonly Dictionary<string, Server> _running = [];

    public IReadOnlyList<string> Members { get; } = isSplit ? [Collect, Lake] : [All];

    /// <summary>Where to ask, once all are ready.</summary>
    public Api Api => _running[Members[^1]].Api;

    public bool IsRunning(string member) => _running.ContainsKey(member);

    /// <summary>True if it was started and has ended, by itself or by strace's hand.</summary>
    public bool HasEnded(string member) => _running[member].HasEnded;

    /// <summary>The end of what each has logged.</summary>
    public string LastWords => string.Join(
        '\n', _running.Select(member => $"{member.Key}:\n{Last(member.Value.Error)}"));

    public string ErrorOf(string member) => _running[member].Error;

    /// <summary>Starts what does not run, each perhaps with something around it, and waits for nothing.</summary>
    public void LaunchMissing(Func<string, Command, Command> around)
    {
        foreach (var member in Members.Where(member => !IsRunning(member)))
        {
            var address = member == Lake ? _lakeAddress : workspace.Address;
            var command = Server.Command(workspace, address, "--roles", member);
            _running.Add(member, Server.Launch(around(member, command)));
        }
    }

    /// <returns>False: it ended before it was ready.</returns>
    public Task<bool> IsReadyAsync(string member) => _running[member].IsReadyAsync();

    /// <summary>Starts what does not run; all are ready.</summary>
    public async Task CompleteAsync()
    {
        LaunchMissing((_, command) => command);
        foreach (var member in Members)
        {
            (await IsReadyAsync(member)).ShouldBeTrue($"{member} ended:\n{ErrorOf(member)}");
        }
    }

    /// <summary>SIGKILL, unless strace was faster. One that ended in any other way fails the test.</summary>
    public async Task KillAsync(IReadOnlyList<string> members)
    {
        foreach (var member in members)
        {
            _running.Remove(member, out var server);
            await using (server)
            {
                await server!.KillAsync();
                (await server.EndAsync()).ExitCode.ShouldBe(ChildProcess.ExitCodeOfKill, $"{member}:\n{server.Error}");
            }
        }
    }

    /// <summary>Ends what runs, however it took the loss of its power.</summary>
    public async Task DropAsync()
    {
        foreach (var server in _running.Values)
        {
            await using (server)
            {
                await server.KillAsync();
                await server.EndAsync();
            }
        }
        _running.Clear();
    }

    /// <summary>SIGTERM: what collects first, then what drains.</summary>
    public async Task StopAsync()
    {
        foreach (var member in Members)
        {
            _running.Remove(member, out var server);
            await using (server)
            {
                await server!.StopAsync();
            }
        }
    }

    public async ValueTask DisposeAsync() => await DropAsync();

    private static string Last(string text) => text[^Math.Min(text.Length, LastCharacters)..];
}
