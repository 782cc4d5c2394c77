using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Control;
using Millrace.Log;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Control;

public class SettingsTests
{
    [Fact]
    public void Reads_every_slice_with_comments_units_and_variables()
    {
        var settings = Parse("""
            {
              // as the contract shows it
              "http": { "address": "*:8080" }, "api": { "address": "[::1]:9090" },
              "log": { "durability": "os", "segment_bytes": "64KiB", "in_flight_bytes": 100000 },
              "lake": { "commit_bytes": "128MiB", "commit_seconds": "5m", "hot_seconds": 0.5, "free_bytes_min": "1GiB" },
              "query": { "timeout_seconds": 10, "timeout_seconds_max": "2h", "memory_bytes": "1.5GB", "threads": 4 },
              "collect": { "body_bytes": { "native": 1000 }, "connections_max": 7 },
              "forwarded": { "networks": ["10.0.0.0/8", "::1"] },
              "https": { "certificate": "a.pem", "key": "a.key" },
              "tenants": { "acme": { "sources": { "web": { "keys": ["${KEY}"] } } }, },
              "keys": [{ "role": "admin", "value": "${KEY}-admin" }], /* and a trailing comma */
            }
            """);

        settings.HttpAddress.ShouldBe("*:8080");
        settings.Log.ShouldBe(new LogSettings { Durability = LogDurability.Os, SegmentBytes = 65_536,
            InFlightBytes = 100_000 });
        settings.Lake.CommitBytes.ShouldBe(128 << 20);
        settings.Lake.CommitEvery.ShouldBe(TimeSpan.FromMinutes(5));
        settings.Lake.HotEvery.ShouldBe(TimeSpan.FromSeconds(0.5));
        settings.Lake.FreeBytesMin.ShouldBe(1 << 30);
        settings.Query.ShouldBe(new QuerySettings
        {
            Timeout = TimeSpan.FromSeconds(10), TimeoutMax = TimeSpan.FromHours(2), MemoryBytes = 1_500_000_000,
                Threads = 4,
        });
        settings.Collect.BodyBytesMax("native").ShouldBe(1_000);
        settings.Collect.BodyBytesMax("segment").ShouldBe(CollectSettings.BodyBytesDefault);
        settings.Collect.ConnectionsMax.ShouldBe(7);
        settings.TrustedNetworks.ShouldBe([IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("::1/128")]);
        settings.Https!.Certificate.ShouldBe("/etc/a.pem");
        settings.Tenants.ShouldBe(["acme"]);
        settings.Keys.Select(key => (key.Tenant, key.Source, key.Role))
            .ShouldBe([("acme", "web", KeyRole.Write), ("", "", KeyRole.Admin)]);
        settings.Keys[0].Hash.ShouldBe(KeyHash.Of(Encoding.UTF8.GetBytes(Environment("KEY")!)));
    }

    [Fact]
    public void Has_a_default_for_everything()
    {
        var settings = Parse("{}");

        settings.Log.ShouldBe(new LogSettings());
        settings.Lake.ShouldBe(new LakeSettings());
        settings.Query.ShouldBe(new QuerySettings());
    }

    [Theory]
    [InlineData("{\n\n\"log\": { \"durabilty\": \"disk\" } }", "millrace.json line 3: unknown key 'log.durabilty'")]
    [InlineData("{ \"lgo\": {} }", "unknown key 'lgo'")]
    [InlineData("{ \"tenants\": { \"acme\": { \"qouta\": 1 } } }", "unknown key 'tenants.acme.qouta'")]
    [InlineData("{ \"log\": { \"durability\": \"tape\" } }", "must be one of disk, os")]
    [InlineData("{ \"log\": { \"segment_bytes\": 1000 } }", "'log.segment_bytes'")]
    [InlineData("{ \"log\": { \"segment_bytes\": 65537 } }", "multiple of 4096")]
    [InlineData("{ \"log\": { \"segment_bytes\": \"2GiB\" } }", "'log.segment_bytes'")]
    [InlineData("{ \"log\": { \"segment_bytes\": \"1 parsec\" } }", "'log.segment_bytes'")]
    [InlineData("{ \"lake\": { \"commit_seconds\": -5 } }", "'lake.commit_seconds'")]
    [InlineData("{ \"lake\": { \"commit_seconds\": \"9999999999999d\" } }", "'lake.commit_seconds'")]
    [InlineData("{ \"lake\": 5 }", "'lake' must be an object")]
    [InlineData("{ \"log\": {}, \"log\": {} }", "'log' stands twice")]
    [InlineData("{ \"forwarded\": { \"networks\": [\"everybody\"] } }", "'everybody' is no network")]
    [InlineData("{ \"http\": { \"address\": \"8080\" } }", "'8080' is no address")]
    [InlineData("{ \"https\": {} }", "'https.certificate' is missing")]
    [InlineData("{ \"tenants\": { \"Acme\": {} } }", "'Acme' is no tenant")]
    [InlineData("{ \"keys\": [{ \"value\": \"${KEY}\" }] }", "belongs to a tenant")]
    [InlineData("{ \"keys\": [{ \"value\": \"short\", \"tenant\": \"a\" }] }", "32 to 256")]
    [InlineData("{ \"keys\": [{ \"value\": \"${NOBODY_SET_THIS}\", \"tenant\": \"a\" }] }",
        "'NOBODY_SET_THIS' is not set")]
    [InlineData("{\n\"log\": ", "millrace.json line 2")]
    [InlineData("[]", "must hold one object")]
    public void Names_what_is_wrong(string json, string sentence)
    {
        var mistake = Should.Throw<OperatorException>(() => Parse(json));

        mistake.Message.ShouldContain(sentence);
        mistake.ExitCode.ShouldBe(2);
    }

    [Fact]
    public void Names_every_mistake_at_once()
    {
        var mistake = Should.Throw<OperatorException>(() => Parse("{ \"a\": 1,\n \"b\": 2 }"));

        mistake.Message.Split('\n').Length.ShouldBe(2);
    }

    [Fact]
    public void Takes_a_changed_file_whole_and_keeps_the_old_one_when_the_new_is_wrong()
    {
        using var scratch = new ScratchDirectory();
        var file = Write(scratch, """{ "query": { "threads": 1 } }""", second: 0);
        var settings = new LiveSettings(NullLogger<LiveSettings>.Instance);
        settings.Start(file);
        var first = settings.Current.Query.Threads;

        Write(scratch, """{ "query": { "threads": 2 } }""", second: 1);
        var isTaken = settings.Refresh();
        var second = settings.Current.Query.Threads;
        Write(scratch, """{ "query": { "threads": 3, "therads": 3 } }""", second: 2);
        var isWrongTaken = settings.Refresh();

        (first, isTaken, second, isWrongTaken).ShouldBe((1, true, 2, false));
        settings.Current.Query.Threads.ShouldBe(2);
        settings.Refresh().ShouldBeFalse();
    }

    [Fact]
    public void Knows_which_changes_need_a_restart()
    {
        var running = Parse("{}");

        Parse("""{ "http": { "address": "*:1" }, "log": { "segment_bytes": "1MiB" } }""")
            .NeedRestart(running).ShouldBe(["http", "log"]);
        Parse("""{ "lake": { "memory_bytes": "1GiB" }, "query": { "threads": 9 } }""")
            .NeedRestart(running).ShouldBe(["lake", "query"]);
        Parse("""{ "refine": { "event_bytes": 5000 } }""").NeedRestart(running).ShouldBeEmpty();
    }

    [Fact]
    public void Finds_the_file_of_a_folder_and_says_when_there_is_none()
    {
        using var scratch = new ScratchDirectory();
        var none = SettingsFile.Find(null, scratch.Path);
        var file = Write(scratch, "{}", second: 0);

        none.ShouldBeNull();
        SettingsFile.Find(null, scratch.Path).ShouldBe(file);
        SettingsFile.Find(scratch.Path, "/").ShouldBe(file);
        Should.Throw<OperatorException>(() => SettingsFile.Find(scratch.In("other.json"), "/"));
    }

    private static string? Environment(string name) => name == "KEY" ? "a-key-from-the-environment-0123456789" : null;

    private static Settings Parse(string json) =>
        SettingsFile.Parse(Encoding.UTF8.GetBytes(json), "/etc/millrace.json", Environment);

    private static string Write(ScratchDirectory scratch, string json, int second)
    {
        var file = scratch.In(SettingsFile.Name);
        File.WriteAllText(file, json);
        // The clock of a file system may be coarser than this test is fast.
        File.SetLastWriteTimeUtc(file, new DateTime(2026, 1, 1, 0, 0, second, DateTimeKind.Utc));
        return file;
    }
}
