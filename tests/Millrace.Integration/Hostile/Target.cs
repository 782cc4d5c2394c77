using System.Globalization;
using System.Net.Http.Headers;

namespace Millrace.Integration.Hostile;

/// <summary>The real program under attack, with a well-behaved client beside it.</summary>
internal sealed class Target : IAsyncDisposable
{
    /// <summary>Bodies may take 256 MiB; the rest is for a lake at work.</summary>
    private const long AnonymousBytesMax = 1L << 30;

    private readonly Workspace _workspace;
    private readonly Server _server;
    private long _anonymousMost;
    private long _accepted;

    private Target(Workspace workspace, Server server)
    {
        (_workspace, _server) = (workspace, server);
        Good = new GoodClient(server.Url, TimeSpan.FromMilliseconds(50));
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Workspace.WriteKey);
    }

    public GoodClient Good { get; }

    public Api Api => _server.Api;

    public int Port => _workspace.Port;

    public string Url => _server.Url;

    public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromSeconds(60) };

    /// <summary>Sent by the attack; the good client's events come on top.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    /// <summary>Events of whole requests whose answer was lost: they are kept, or not.</summary>
    public long Unanswered { get; set; }

    public static async Task<Target> StartAsync()
    {
        var workspace = new Workspace(new WorkspaceSettings { CommitSeconds = 1 });
        try
        {
            return new Target(workspace, await Server.StartAsync(workspace));
        }
        catch
        {
            workspace.Dispose();
            throw;
        }
    }

    /// <summary>Sends a body; the answer's status and code.</summary>
    public async Task<RawAnswer> SendAsync(byte[] body, string path = "/v1/events", string? encoding = null)
    {
        using var content = new ByteArrayContent(body);
        if (encoding is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        }
        using var response = await Http.PostAsync(new Uri(_server.Url + path), content);
        var answer = new RawAnswer((int)response.StatusCode, await response.Content.ReadAsStringAsync());
        Note(answer);
        return answer;
    }

    /// <summary>Every answer of the server that is not the good client's goes through here: no 5xx but 503, and
    /// 505 for a version of HTTP that is none.</summary>
    public void Note(RawAnswer? answer)
    {
        if (answer is null)
        {
            return;
        }
        (answer.Status is < 500 or 503 or 505).ShouldBeTrue($"{answer}");
        if (answer.Status >= 400 && answer.Body.Length > 0)
        {
            answer.Code.ShouldNotBeEmpty(answer.ToString());
        }
        if (answer.Status == 200)
        {
            using var said = System.Text.Json.JsonDocument.Parse(answer.Body);
            Interlocked.Add(ref _accepted, said.RootElement.GetProperty("accepted").GetInt64());
        }
    }

    /// <summary>Another well-behaved client that has ended: it was answered, and its events are here too.</summary>
    public void Count(GoodClient other)
    {
        other.Statuses.ShouldAllBe(status => status == 200 || status == 503);
        Interlocked.Add(ref _accepted, other.Statuses.Count(status => status == 200));
    }

    /// <summary>Events of a client elsewhere, all of them accepted.</summary>
    public void Count(long accepted) => Interlocked.Add(ref _accepted, accepted);

    /// <summary>Waits until all that was accepted is committed; the ledger.</summary>
    public async Task<Ledger> SettledAsync()
    {
        if (Good.Count == 0)
        {
            await Good.GoOnAsync(1);
        }
        await Good.StopAsync();
        return await Api.SettledAsync(Accepted);
    }

    /// <summary>It lives, remembers all, complained of nothing of its own, and served the good client
    /// throughout.</summary>
    public async Task ShouldHaveStoodAsync()
    {
        var ledger = await SettledAsync();
        Good.Count.ShouldBeGreaterThan(0);
        Good.Statuses.Where(status => status is not (200 or 503)).ShouldBeEmpty();
        Good.Statuses.ShouldContain(200);
        ledger.ShouldClose();
        var promised = Accepted + Good.Statuses.Count(status => status == 200);
        ledger.Total.Received.ShouldBeInRange(promised, promised + Unanswered);
        ledger.Total.Damaged.ShouldBe(0);
        LookAtMemory().ShouldBeLessThan(AnonymousBytesMax);
        _server.Error.ShouldNotContain("fail:");
        _server.Error.ShouldNotContain("crit:");
        await _server.StopAsync();
    }

    /// <summary>The most memory of its own that the process was seen with.</summary>
    public long LookAtMemory()
    {
        var line = File.ReadLines($"/proc/{_server.ProcessId}/status")
            .First(line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
        var kibibytes = long.Parse(
            line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        return _anonymousMost = Math.Max(_anonymousMost, kibibytes << 10);
    }

    public async ValueTask DisposeAsync()
    {
        await Good.DisposeAsync();
        Http.Dispose();
        await _server.DisposeAsync();
        _workspace.Dispose();
    }
}
