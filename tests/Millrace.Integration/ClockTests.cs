using System.Globalization;

namespace Millrace.Integration;

/// <summary>The real program under a clock that jumps, by libfaketime.</summary>
public sealed class ClockTests
{
    private const string Library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

    /// <summary>In seconds: an hour and a day ahead, as far back, to 1970, and the truth again.</summary>
    private static readonly long[] Jumps = [0, 3_600, 86_400, -3_600, -86_400, To1970(), 0];

    [Fact]
    public async Task Jumps_of_the_clock_lose_no_row_double_none_and_leave_no_negative_age()
    {
        Assert.SkipUnless(File.Exists(Library), "libfaketime is not installed (Debian: faketime).");
        using var workspace = new Workspace(new WorkspaceSettings { CommitSeconds = 1 });
        var clock = workspace.In("clock");
        Set(clock, 0);
        workspace.Environment["LD_PRELOAD"] = Library;
        workspace.Environment["FAKETIME_TIMESTAMP_FILE"] = clock;
        workspace.Environment["FAKETIME_NO_CACHE"] = "1";
        // A real clock that is set leaves the monotonic one alone.
        workspace.Environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
        await using var server = await Server.StartAsync(workspace);
        using var http = new HttpClient();
        for (var jump = 0; jump < Jumps.Length; jump++)
        {
            Set(clock, Jumps[jump]);
            // Each event comes again after the next jump.
            string[] ids = [$"{jump - 1}", $"{jump}"];
            var body = string.Join('\n', ids.Select(id => $$"""{"event":"e","event_id":"{{id}}"}"""));
            await Eventually.SeeAsync(() => Api.SendAsync(http, server.Url, body), status => status == 200);
            var expected = jump + 2;
            await Eventually.SeeAsync(
                () => server.Api.NumberAsync("SELECT count(*) FROM events"), rows => rows >= expected);
        }
        var ledger = await server.Api.SettledAsync(2 * Jumps.Length);

        ledger.ShouldClose();
        ledger.Total.Stored.ShouldBe(Jumps.Length + 1);
        ledger.Total.Duplicate.ShouldBe(Jumps.Length - 1);
        (await server.Api.NumberAsync("SELECT count(DISTINCT event_id) FROM events")).ShouldBe(Jumps.Length + 1);
        (await server.Api.NumberAsync(
            """
            SELECT count(*) FROM (SELECT received_time < lag(received_time) OVER (ORDER BY log_offset) AS is_back
            FROM events) WHERE is_back
            """)).ShouldBe(0);
        var metrics = await http.GetStringAsync(server.Url + "/metrics");
        metrics.Split('\n').Where(line => !line.StartsWith('#')
            && line.Split(' ')[^1].StartsWith('-')).ShouldBeEmpty();
        await server.StopAsync();
    }

    /// <summary>A day after as many seconds as the machine has run: the library takes deadlines of the monotonic clock
    /// for those of its own, and earlier every timer would wait for hours.</summary>
    private static long To1970() =>
        Environment.TickCount64 / 1000 + 86_400 - DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    /// <summary>Whole, or not at all: the library reads it at any moment.</summary>
    private static void Set(string clock, long seconds)
    {
        File.WriteAllText(clock + ".new", string.Create(CultureInfo.InvariantCulture, $"{seconds:+0;-0;+0}\n"));
        File.Move(clock + ".new", clock, overwrite: true);
    }
}
