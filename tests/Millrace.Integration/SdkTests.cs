using System.Text.Json;

namespace Millrace.Integration;

/// <summary>The vendors' SDKs, through a proxy that spoils every third request before or after it was stored.</summary>
public class SdkTests
{
    private const int Events = 600;

    [Theory]
    [InlineData("segment.mjs")]
    [InlineData("rudder.mjs")]
    public async Task An_sdk_behind_an_unreliable_network_delivers_exactly_once_and_every_value_is_right(string script)
    {
        using var workspace = new Workspace();
        await using var server = await Server.StartAsync(workspace);
        await using var proxy = await UnreliableProxy.StartAsync(server.Url);
        var expectation = workspace.In("expected.ndjson");

        (await NodeScript.RunAsync(script, "--to", proxy.Url, "--key", Workspace.WriteKey, "--events", $"{Events}",
            "--prefix", "sdk", "--expect", expectation)).Succeeded();

        proxy.SpoiledAfter.ShouldBeGreaterThan(Events / 20 / 12, "too few retries of stored batches to show anything");
        var ledger = await server.Api.SettledAsync(Events);
        ledger.ShouldClose();
        ledger.Total.Stored.ShouldBe(Events);
        ledger.Total.FailedSum.ShouldBe(0);
        ledger.Total.Duplicate.ShouldBeGreaterThan(0);
        await ShouldHoldAsync(server.Api, File.ReadAllLines(expectation));
        await server.StopAsync();
    }

    private static async Task ShouldHoldAsync(Api api, string[] expected)
    {
        var rows = await api.SqlAsync("""
            SELECT event_id, type, event, name, user_id, group_id, previous_id, epoch_ms(client_time), locale,
                   properties, context->>'test', protocol, tenant
            FROM events ORDER BY event_id
            """);
        rows.Count.ShouldBe(expected.Length);
        foreach (var (row, line) in rows.Zip(expected))
        {
            using var wanted = JsonDocument.Parse(line);
            string[] texts = ["event_id", "type", "event", "name", "user_id", "group_id", "previous_id"];
            for (var i = 0; i < texts.Length; i++)
            {
                row[i].GetString().ShouldBe(
                    wanted.RootElement.GetProperty(texts[i]).GetString(), $"{texts[i]} of {line}");
            }
            row[7].AsLong().ShouldBe(wanted.RootElement.GetProperty("client_time_ms").GetInt64(), line);
            row[8].GetString().ShouldBe(wanted.RootElement.GetProperty("locale").GetString(), line);
            ShouldBeSame(row[9].GetString(), wanted.RootElement.GetProperty("properties"));
            ShouldBeSame(row[10].GetString(), wanted.RootElement.GetProperty("context_test"));
            row[11].GetString().ShouldBe("segment");
            row[12].GetString().ShouldBe(Workspace.Tenant);
        }
    }

    private static void ShouldBeSame(string? text, JsonElement wanted)
    {
        // Properties of an event that came with none may be null or empty.
        using var found = JsonDocument.Parse(text ?? "{}");
        JsonElement.DeepEquals(found.RootElement, wanted).ShouldBeTrue($"{text}\n{wanted.GetRawText()}");
    }
}
