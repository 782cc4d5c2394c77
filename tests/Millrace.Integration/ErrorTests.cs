using System.Net;
using System.Net.Sockets;

namespace Millrace.Integration;

/// <summary>What an operator gets wrong: one clear sentence, a code, and a data directory as it was.</summary>
public sealed class ErrorTests(UsedDirectory used) : IClassFixture<UsedDirectory>
{
    private readonly Workspace _workspace = used.Workspace;

    [Theory]
    [InlineData("frobnicate", "frobnicate")]
    [InlineData("--rolls", "up", "--rolls", "lake")]
    [InlineData("dance", "up", "--roles", "collect,dance")]
    [InlineData("nowhere", "up", "--http", "nowhere")]
    [InlineData("missing.json", "up", "--config", "missing.json")]
    [InlineData("emperor", "key", "create", "--role", "emperor")]
    [InlineData("--tenant", "key", "create")]
    [InlineData("tenant", "key", "create", "--tenant", "Shop!")]
    [InlineData("missing.ndjson", "send", "missing.ndjson", "--key", "k")]
    [InlineData("--out", "generate", "--events", "10")]
    [InlineData("colour", "demo", "--colour")]
    public async Task A_bad_argument_is_named(string named, params string[] arguments)
    {
        var before = Fingerprint.Of(_workspace.Data);

        string[] data = arguments[0] is "up" or "key" ? ["--data", _workspace.Data] : [];
        var outcome = await MillraceProgram.RunAsync(_workspace, [.. arguments, .. data]);

        ShouldBeOneSentence(outcome, 2).ShouldContain(named);
        before.ShouldStillHold();
    }

    [Theory]
    [InlineData("""{"lake": {"comit_seconds": 2}}""", "comit_seconds")]
    [InlineData("""{"lake": {"commit_seconds": "soon"}}""", "commit_seconds")]
    [InlineData("""{"log": {"segment_bytes": 1024}}""", "segment_bytes")]
    [InlineData("""{"log": """, "millrace.json")]
    public async Task A_bad_setting_is_named(string settings, string named)
    {
        var before = Fingerprint.Of(_workspace.Data);
        var folder = Directory.CreateTempSubdirectory("millrace-test-").FullName;
        var file = Path.Combine(folder, "millrace.json");
        File.WriteAllText(file, settings);

        var outcome = await MillraceProgram.RunAsync(
            _workspace, "up", "--data", _workspace.Data, "--config", file, "--http", _workspace.Address);
        Directory.Delete(folder, recursive: true);

        ShouldBeOneSentence(outcome, 2).ShouldContain(named);
        before.ShouldStillHold();
    }

    [Fact]
    public async Task A_busy_port_is_named_and_the_data_stay()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var address = other.LocalEndpoint.ToString()!;

        var outcome = await MillraceProgram.RunAsync(
            _workspace, "up", "--data", _workspace.Data, "--config", _workspace.SettingsFile, "--http", address);

        outcome.ExitCode.ShouldBeOneOf(1, 2);
        ShouldBeOneSentence(outcome, outcome.ExitCode).ShouldContain(address.Split(':')[1]);
        await EventShouldBeThereAsync();
    }

    [Fact]
    public async Task A_directory_of_a_newer_format_is_refused_and_not_touched()
    {
        using var newer = new Workspace();
        Directory.CreateDirectory(newer.Data);
        File.WriteAllText(Path.Combine(newer.Data, "format"), "2\n");
        var before = Fingerprint.Of(newer.Data);

        var up = await MillraceProgram.RunAsync(newer, "up", "--data", newer.Data, "--http", newer.Address);
        var key = await MillraceProgram.RunAsync(newer, "key", "create", "--data", newer.Data, "--role", "admin");

        ShouldBeOneSentence(up, 2).ShouldContain("newer");
        ShouldBeOneSentence(key, 2).ShouldContain("newer");
        before.ShouldStillHold();
    }

    [Fact]
    public async Task A_read_only_directory_is_refused_and_not_touched()
    {
        var before = Fingerprint.Of(_workspace.Data);
        // A mount namespace of its own: read-only for root too, and gone with the process.
        const string readOnly = """mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@" """;
        string[] inNamespace = ["--mount", "sh", "-c", readOnly, "sh", _workspace.Data];
        var possible = await ChildProcess.RunAsync(new Command("unshare", [.. inNamespace, "true"]));
        Assert.SkipUnless(possible.ExitCode == 0, $"This machine allows no mount namespace: {possible.Error.Trim()}");

        var outcome = await ChildProcess.RunAsync(new Command(
            "unshare",
            [.. inNamespace, MillraceProgram.Path, "up", "--data", _workspace.Data, "--http", _workspace.Address]));

        outcome.ExitCode.ShouldBeOneOf(1, 2);
        ShouldBeOneSentence(outcome, outcome.ExitCode).ShouldContain(_workspace.Data);
        before.ShouldStillHold();
        await EventShouldBeThereAsync();
    }

    [Fact]
    public async Task The_same_role_twice_on_a_directory_is_refused_and_the_first_goes_on()
    {
        await using var first = await Server.StartAsync(_workspace);

        var second = await MillraceProgram.RunAsync(_workspace, "up", "--data", _workspace.Data,
            "--http", $"127.0.0.1:{Workspace.FreePort()}", "--roles", "lake");

        ShouldBeOneSentence(second, 2).ShouldContain("lake");
        (await first.Api.NumberAsync("SELECT count(*) FROM events")).ShouldBe(1);
        await first.StopAsync();
    }

    private static string ShouldBeOneSentence(Outcome outcome, int exitCode)
    {
        outcome.ExitCode.ShouldBe(exitCode, outcome.Error);
        // A server may have told what it does before it found out; that is no complaint.
        var complaints = outcome.Error.TrimEnd('\n').Split('\n')
            .Where(line => !line.StartsWith("info: ", StringComparison.Ordinal));
        var sentence = complaints.ShouldHaveSingleItem(outcome.Error);
        sentence.ShouldStartWith("millrace: ");
        return sentence;
    }

    private async Task EventShouldBeThereAsync()
    {
        await using var server = await Server.StartAsync(_workspace);
        (await server.Api.NumberAsync("SELECT count(*) FROM events")).ShouldBe(1);
        await server.StopAsync();
    }
}

/// <summary>A data directory that a server has used and left, with one event.</summary>
public sealed class UsedDirectory : IAsyncLifetime
{
    internal Workspace Workspace { get; } = new();

    public async ValueTask InitializeAsync()
    {
        await using var server = await Server.StartAsync(Workspace);
        using var http = new HttpClient();
        (await Api.SendAsync(http, server.Url, """{"event":"kept","event_id":"kept-1"}""")).ShouldBe(200);
        await server.StopAsync();
    }

    public ValueTask DisposeAsync()
    {
        Workspace.Dispose();
        return ValueTask.CompletedTask;
    }
}
