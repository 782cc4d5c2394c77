using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Millrace.Integration;

/// <summary>A directory in which one thing is damaged: <c>check --deep</c> names it, a server stays up on it, takes
/// events, and shows no wrong one.</summary>
public sealed class DamageTests
{
    private const int Before = 40;

    /// <summary>Kind of finding, what is damaged, and what the server makes of it.</summary>
    public static TheoryData<string, string, string> Damages => new()
    {
        { "log", "log/*.seg", "counted" },
        { "id_run", "ids/*.run", "mended" },
        { "data_file", "lake/events/data/**.parquet", "unseen" },
        { "metadata", "lake/events/metadata/*-m0.avro", "queries fail" },
        { "metadata", "lake/events/metadata/snap-*.avro", "queries fail" },
        { "metadata", "lake/events/metadata/*.metadata.json", "lake stands" },
        { "catalog", "catalog.db", "lake stands" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task A_server_stays_up_on_what_check_names(string kind, string what, string outcome)
    {
        using var workspace = new Workspace(new WorkspaceSettings { CommitSeconds = 3600 });
        using var http = new HttpClient();
        await FillAsync(workspace, http);
        var file = Damage(workspace, what);

        var check = await MillraceProgram.RunAsync(workspace, "check", "--deep", "--json", "--data", workspace.Data);

        check.ExitCode.ShouldBe(1, check.Error);
        JsonDocument.Parse(check.Output.Trim().Split('\n')[^1]).RootElement.GetProperty("findings").EnumerateArray()
            .ShouldContain(
                found => found.GetProperty("kind").GetString() == kind && found.GetProperty("file").GetString() == file,
                check.Output);
        await using var server = await Server.StartAsync(workspace);
        // Half of them again: whatever is damaged, no id may pass for new.
        (await Api.SendAsync(http, server.Url, Body(Before / 2, Before + 10))).ShouldBe(200);
        await (outcome switch
        {
            "counted" => IsCountedAsync(server),
            "mended" => AreRightAsync(server, Before + 10),
            "unseen" => IsTakenInAsync(server),
            "queries fail" => QueriesFailAsync(http, server, file),
            _ => StandsStillAsync(http, server, file),
        });
        (await Api.SendAsync(http, server.Url, Body(Before, Before + 1))).ShouldBe(200);
        await server.KillAsync();
    }

    /// <summary>What was lost is said, and was sent again.</summary>
    private static async Task IsCountedAsync(Server server)
    {
        await AreRightAsync(server, Before + 10);
        server.Error.ShouldContain(": 1 events are lost");
    }

    /// <summary>Each id once, and so many of them.</summary>
    private static async Task AreRightAsync(Server server, int expected)
    {
        var rows = await Eventually.SeeAsync(
            () => server.Api.SqlAsync("SELECT event_id, count(*) FROM events GROUP BY 1"),
            rows => rows.Count >= expected, TimeSpan.FromSeconds(60));
        rows.ShouldAllBe(row => row[1].AsLong() == 1 && row[0].GetString()!.StartsWith("d-"));
        rows.Count.ShouldBe(expected);
    }

    /// <summary>DuckDB may or may not see a flipped bit: that what came later is taken in is all that can be
    /// asked.</summary>
    private static Task<Ledger> IsTakenInAsync(Server server) => Eventually.SeeAsync(
        server.Api.LedgerAsync, ledger => ledger.Total.Received >= Before + 11, TimeSpan.FromSeconds(60));

    private static async Task QueriesFailAsync(HttpClient http, Server server, string file)
    {
        var answer = await Eventually.SeeAsync(
            () => AskAsync(http, server), text => text.Contains("lake_damaged"), TimeSpan.FromSeconds(60));
        answer.ShouldContain(Path.GetFileName(file));
    }

    private static async Task StandsStillAsync(HttpClient http, Server server, string file)
    {
        var reason = await Eventually.SeeAsync(
            async () => await http.GetAsync(server.Url + "/readyz"),
            answer => (int)answer.StatusCode == 503, TimeSpan.FromSeconds(60));
        (await reason.Content.ReadAsStringAsync()).ShouldContain(Path.GetFileName(file));
        await QueriesFailAsync(http, server, file);
        using var alive = await http.GetAsync(server.Url + "/healthz");
        ((int)alive.StatusCode).ShouldBe(200);
    }

    private static async Task<string> AskAsync(HttpClient http, Server server)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Url + "/api/sql")
        {
            Content = new StringContent("""{"sql":"SELECT count(*) FROM events"}"""),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Workspace.AdminKey);
        using var answer = await http.SendAsync(request);
        return await answer.Content.ReadAsStringAsync();
    }

    /// <summary>A commit on a clean stop, then an event that only the log holds.</summary>
    private static async Task FillAsync(Workspace workspace, HttpClient http)
    {
        await using (var first = await Server.StartAsync(workspace))
        {
            (await Api.SendAsync(http, first.Url, Body(0, Before - 1))).ShouldBe(200);
            await first.StopAsync();
        }
        await using var second = await Server.StartAsync(workspace);
        (await Api.SendAsync(http, second.Url, Body(Before - 1, Before))).ShouldBe(200);
        await second.KillAsync();
        Checkpoint(Path.Combine(workspace.Data, "catalog.db"));
    }

    /// <summary>Flips a bit of the newest file that matches.</summary>
    private static string Damage(Workspace workspace, string what)
    {
        var (folder, pattern) = (Path.GetDirectoryName(what)!, Path.GetFileName(what).Replace("**", "*"));
        var file = Directory.GetFiles(Path.Combine(workspace.Data, folder), pattern, SearchOption.AllDirectories)
            .OrderBy(File.GetLastWriteTimeUtc).ThenBy(name => name, StringComparer.Ordinal)
            .Last(name => !name.EndsWith(".seg", StringComparison.Ordinal) || HoldsARecord(name));
        var bytes = File.ReadAllBytes(file);
        var at = what switch
        {
            "catalog.db" => 3,
            "log/*.seg" => 8192 + 60,
            _ => bytes.Length / 2,
        };
        bytes[at] ^= 0x04;
        File.WriteAllBytes(file, bytes);
        return file;
    }

    private static bool HoldsARecord(string segment)
    {
        using var file = File.OpenRead(segment);
        file.Position = 8192;
        return file.ReadByte() > 0;
    }

    private static string Body(int from, int to) => string.Join(
        '\n', Enumerable.Range(from, to - from).Select(i => $$"""{"event":"damage","event_id":"d-{{i}}"}"""));

    private static void Checkpoint(string catalog)
    {
        using var database = new SqliteConnection($"Data Source={catalog};Pooling=false");
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
        command.ExecuteNonQuery();
    }
}
