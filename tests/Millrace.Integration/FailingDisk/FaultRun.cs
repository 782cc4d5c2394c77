using System.Diagnostics;
using System.Globalization;

namespace Millrace.Integration.FailingDisk;

/// <summary>A server under load whose disk fails again and again. Judged by the clients' own list of what they were
/// promised, after a SIGKILL and another start.</summary>
internal sealed class FaultRun : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Acknowledged _acknowledged;
    private readonly DoorClients _clients;
    private readonly HttpClient _http = new();
    private Server _server;
    private bool _isDown;
    private int _faults;

    private FaultRun(Workspace workspace, Server server, DoorLoad load)
    {
        Workspace = workspace;
        _server = server;
        _acknowledged = new Acknowledged(AcknowledgedFile);
        _clients = new DoorClients(workspace.Url, _acknowledged, load);
    }

    public Workspace Workspace { get; }

    private string AcknowledgedFile => Workspace.In("acknowledged.txt");

    public Api Api => _server.Api;

    public long Acknowledged => _acknowledged.Count;

    public long Refusals => _clients.Refusals;

    /// <summary>Seconds from the end of each fault until a client got a yes again, and until the lake held what came
    /// after it.</summary>
    public List<Recovery> Recoveries { get; } = [];

    /// <param name="workspace">Its data directory may be a mount.</param>
    /// <param name="more">Arguments of the server until it is killed.</param>
    public static async Task<FaultRun> StartAsync(Workspace workspace, DoorLoad load, params string[] more) =>
        new(workspace, await Server.StartAsync(workspace, more), load);

    /// <summary>Lets calls fail, holds the fault for as long as it takes to show, and waits for the recovery.</summary>
    public async Task InjectAsync(DiskFault fault)
    {
        var refusals = Refusals;
        await using (var calls = await BeginAsync(fault.On(Workspace)))
        {
            await SeeAsync(() => calls.Injected.Count > 0, $"{fault}: no call failed");
            if (fault.ShutsTheDoor)
            {
                await SeeAsync(() => Refusals >= refusals + 3, $"{fault}: the door stays open");
            }
            else if (calls.Injected.FirstOrDefault(fault.Refuses) is { } call)
            {
                await SeeAsync(() => Refusals > refusals, $"{fault}: nobody was refused for {call}");
            }
            if (fault is { Part: DiskPart.Log, FromThenOn: true })
            {
                await LakeCommitsMeanwhileAsync(fault);
            }
            if (fault.FromThenOn && !fault.ShutsTheDoor)
            {
                await PromiseMoreAsync(200);
                await SeeAsync(() => calls.Injected.Count > 1, $"{fault}: only one call failed");
            }
        }
        await RecoverAsync();
    }

    public Task<FaultyCalls> BeginAsync(CallFault fault) => FaultyCalls.BeginAsync(
        _server.ProcessId, fault, Workspace.In(string.Create(CultureInfo.InvariantCulture, $"strace-{++_faults}.txt")));

    /// <summary>Waits until so many more events are promised.</summary>
    public Task PromiseMoreAsync(int events)
    {
        var target = Acknowledged + events;
        return SeeAsync(() => Acknowledged >= target, "the door is shut");
    }

    /// <summary>Waits until clients are refused.</summary>
    public Task BeRefusedAsync()
    {
        var target = Refusals + 3;
        return SeeAsync(() => Refusals >= target, "the door stays open");
    }

    /// <summary>While the door is shut everything promised gets committed, and no new promise is made.</summary>
    public async Task LakeCommitsMeanwhileAsync(object cause)
    {
        (await Api.SettledAsync(Acknowledged)).ShouldClose();
        var promised = Acknowledged;
        await BeRefusedAsync();
        Acknowledged.ShouldBe(promised, $"{cause}: a yes while the log fails");
    }

    /// <summary>The cause is gone: waits until the server does all its work again.</summary>
    public async Task RecoverAsync()
    {
        var clock = Stopwatch.StartNew();
        var promised = Acknowledged;
        await SeeAsync(() => Acknowledged > promised, "no yes after the end of the fault");
        var yes = clock.Elapsed;
        var end = await FigureAsync("millrace_log_end_bytes_total");
        await Eventually.SeeAsync(
            () => FigureAsync("millrace_lake_committed_end_bytes_total"), committed => committed >= end, Patience);
        Recoveries.Add(new Recovery(yes.TotalSeconds, clock.Elapsed.TotalSeconds));
        (await _http.GetAsync(Workspace.Url + "/readyz")).IsSuccessStatusCode.ShouldBeTrue();
    }

    public async Task KillAsync()
    {
        await _server.KillAsync();
        await _server.DisposeAsync();
        _isDown = true;
    }

    /// <summary>SIGKILL, another start with all roles, and what must be there.</summary>
    public async Task CheckAsync()
    {
        if (!_isDown)
        {
            await KillAsync();
        }
        _server = await Server.StartAsync(Workspace);
        _isDown = false;
        await _clients.FinishAsync();
        var ledger = await Api.SettledAsync(Acknowledged);

        ledger.ShouldClose();
        _clients.Strange.ShouldBeEmpty();
        var rows = await Api.LinesAsync("SELECT event_id, count(*) AS copies FROM events GROUP BY event_id");
        var copies = rows.Select(row => row.Split(',')).ToDictionary(row => row[0], row => row[1]);
        var promised = await File.ReadAllLinesAsync(AcknowledgedFile);
        promised.Where(id => !copies.ContainsKey(id)).Take(5).ShouldBeEmpty("missing");
        copies.Where(row => row.Value != "1").Take(5).ShouldBeEmpty("doubled");
        // Every batch ended with a yes, so nothing else can be there.
        copies.Count.ShouldBe(promised.Length);
        await _server.StopAsync();
        using var lake = await LakeFiles.OpenAsync(Workspace);
        (await lake.ProblemsAsync()).ShouldBeEmpty();
    }

    public async ValueTask DisposeAsync()
    {
        await _clients.DisposeAsync();
        if (!_isDown)
        {
            await _server.DisposeAsync();
        }
        _acknowledged.Dispose();
        _http.Dispose();
    }

    /// <summary>What the server has printed, for the message of a failure.</summary>
    private async Task SeeAsync(Func<bool> isRight, string failure)
    {
        try
        {
            await Eventually.BeTrueAsync(isRight, Patience);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{failure}\n{_server.Error}", late);
        }
    }

    private async Task<double> FigureAsync(string series)
    {
        var lines = (await _http.GetStringAsync(Workspace.Url + "/metrics")).Split('\n');
        var line = lines.SingleOrDefault(line => line.StartsWith(series + " ", StringComparison.Ordinal));
        return double.Parse(line.ShouldNotBeNull(series)[(series.Length + 1)..], CultureInfo.InvariantCulture);
    }
}

/// <summary>How long it took, in seconds.</summary>
/// <param name="Yes">Until a client got a yes again.</param>
/// <param name="Committed">Until the lake held it.</param>
internal sealed record Recovery(double Yes, double Committed);
