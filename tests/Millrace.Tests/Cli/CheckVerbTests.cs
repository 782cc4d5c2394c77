using System.Text.Json;
using Microsoft.Data.Sqlite;
using Millrace.Iceberg;
using Millrace.Lake;
using Millrace.Log;
using Millrace.Refine;
using Millrace.Tests.Lake;
using Millrace.Tests.Refine;

namespace Millrace.Tests.Cli;

/// <summary><c>millrace check</c> names each kind of damage, and nothing on a sound directory.</summary>
public sealed class CheckVerbTests : IAsyncLifetime
{
    private LakeWorld _world = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await LakeWorld.OpenAsync();
        await _world.AppendAsync(Payload.Ids("a", "b", "c"));
        await _world.AppendAsync(new Payload("[1]", 1));
        await _world.RunAsync();
        await _world.AppendAsync(Payload.Ids("d"));
        _world.Checkpoint();
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Finds_nothing_in_a_sound_directory_and_says_what_it_looked_at()
    {
        var (exitCode, answer) = await CheckAsync("--deep");

        answer.GetProperty("findings").GetArrayLength().ShouldBe(0, answer.GetRawText());
        exitCode.ShouldBe(0);
        answer.GetProperty("ok").GetBoolean().ShouldBeTrue();
        var looked = answer.GetProperty("checked");
        looked.GetProperty("records").GetInt64().ShouldBe(3);
        looked.GetProperty("ids").GetInt64().ShouldBe(3);
        looked.GetProperty("rows").GetInt64().ShouldBeGreaterThan(4);
        looked.GetProperty("tables").GetInt64().ShouldBe(3);
    }

    [Theory]
    [InlineData("log", "record", false)]
    [InlineData("log", "segment header", false)]
    [InlineData("metadata", "metadata.json", false)]
    [InlineData("metadata", "manifest list", false)]
    [InlineData("metadata", "manifest", false)]
    [InlineData("metadata", "metadata.json gone", false)]
    [InlineData("data_file", "data file", true)]
    [InlineData("data_file", "data file cut", false)]
    [InlineData("data_file", "data file gone", false)]
    [InlineData("id_run", "id run header", false)]
    [InlineData("id_run", "id run page", true)]
    [InlineData("id_run", "id run gone", false)]
    [InlineData("catalog", "catalog.db", false)]
    [InlineData("catalog", "catalog.db gone", false)]
    [InlineData("control", "control.db", false)]
    [InlineData("directory", "node", false)]
    public async Task Names_the_file_and_says_what_to_do(string kind, string damage, bool isDeep)
    {
        var file = await DamageAsync(damage);

        var (exitCode, answer) = await CheckAsync(isDeep ? ["--deep"] : []);

        exitCode.ShouldBe(1, answer.GetRawText());
        var findings = answer.GetProperty("findings").EnumerateArray().ToList();
        findings.ShouldContain(
            finding => finding.GetProperty("kind").GetString() == kind
                && finding.GetProperty("file").GetString() == file
                && finding.GetProperty("advice").GetString()!.Length > 20,
            answer.GetRawText());
        if (isDeep)
        {
            (await CheckAsync()).ExitCode.ShouldBe(0);
        }
    }

    [Fact]
    public async Task A_bad_setting_is_a_finding_and_no_directory_is_bad_usage()
    {
        var settings = _world.In("millrace.json");
        File.WriteAllText(settings, """{"lake": {"comit_seconds": 2}}""");

        var (exitCode, answer) = await CheckAsync("--config", settings);

        exitCode.ShouldBe(1);
        answer.GetProperty("findings")[0].GetProperty("kind").GetString().ShouldBe("config");
        var terminal = new CapturedTerminal();
        (await terminal.RunAsync("check", "--data", _world.In("nowhere"))).ShouldBe(2);
        terminal.Error.ShouldContain("--data");
        Directory.Exists(_world.In("nowhere")).ShouldBeFalse();
    }

    [Fact]
    public async Task Says_for_people_what_is_damaged()
    {
        var file = await DamageAsync("id run header");
        var terminal = new CapturedTerminal();

        (await terminal.RunAsync("check", "--data", _world.In(""))).ShouldBe(1);

        terminal.Out.ShouldContain($"id_run: {file}");
        terminal.Out.ShouldContain("What to do: ");
        terminal.Out.ShouldEndWith("1 finding.\n");
    }

    private async Task<(int ExitCode, JsonElement Answer)> CheckAsync(params string[] more)
    {
        var terminal = new CapturedTerminal { Clock = TimeProvider.System };
        var exitCode = await terminal.RunAsync(["check", "--json", "--data", _world.In(""), .. more]);
        return (exitCode, JsonDocument.Parse(terminal.Out.Trim().Split('\n')[^1]).RootElement);
    }

    /// <returns>The file that was damaged.</returns>
    private async Task<string> DamageAsync(string damage)
    {
        var events = await _world.TableAsync(LakeTable.Events);
        string Path(string location) => _world.Objects.LocalPath(location);
        var data = (await _world.FilesAsync(LakeTable.Events))[0];
        var run = Directory.GetFiles(_world.In("ids"))[0];
        var segment = LogSegments.List(_world.Disk, _world.In("log"))[0];
        var (file, at) = damage switch
        {
            "record" => (segment.Path, SegmentHeader.AreaBytes + 60),
            "segment header" => (segment.Path, 20),
            "metadata.json" or "metadata.json gone" => (Path(events.MetadataLocation), 300),
            "manifest list" => (Path(events.Metadata.CurrentSnapshot!.ManifestList), -40),
            "manifest" => (Directory.GetFiles(_world.In("lake/events/metadata"), "*-m0.avro")[0], -40),
            "data file" or "data file cut" or "data file gone" => (data, 300),
            "id run header" or "id run gone" => (run, 30),
            "id run page" => (run, IdRunHeader.PageBytes + 9),
            "catalog.db" or "catalog.db gone" => (_world.In("catalog.db"), 3),
            _ => (_world.In(damage), 3),
        };
        var bytes = File.ReadAllBytes(file);
        bytes[at < 0 ? bytes.Length + at : at] ^= 0x40;
        if (damage == "segment header")
        {
            bytes[4096 + at] ^= 0x40;
        }
        _world.ForgetCatalog();
        File.Delete(file);
        if (!damage.EndsWith("gone"))
        {
            File.WriteAllBytes(file, damage.EndsWith("cut") ? bytes[..^9] : bytes);
        }
        return file;
    }
}
