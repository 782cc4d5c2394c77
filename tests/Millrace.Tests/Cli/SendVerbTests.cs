using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Millrace.Tests.Send;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Cli;

public sealed class SendVerbTests : IAsyncLifetime
{
    private readonly ScratchDirectory _folder = new();
    private EventServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await EventServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Sends_lines_arrays_and_gzip_with_ids_that_a_second_run_repeats()
    {
        var lines = Write("a.ndjson", "{\"event\":\"a\"}\n{\"event\":\"b\",\"event_id\":\"mine\"}\n17\n");
        var array = Write("b.json", "[{\"event\":\"c\"},\n {\"event\":\"d\"}]");
        var gzip = _folder.In("c.ndjson.gz");
        await using (var file = new GZipStream(File.Create(gzip), CompressionLevel.Fastest))
        {
            file.Write("{\"event\":\"e\"}\n"u8);
        }

        (await SendAsync(new CapturedTerminal(), lines, array, gzip, "--batch", "2")).ShouldBe(0);
        var first = _server.Stored.Select(stored => stored.Line).Order().ToList();
        _server.Stored.Clear();
        (await SendAsync(new CapturedTerminal(), array, gzip, lines)).ShouldBe(0);

        _server.Stored.Select(stored => stored.Line).Order().ShouldBe(first);
        first.Count.ShouldBe(6);
        first.ShouldContain("17");
        first.ShouldContain("{\"event\":\"b\",\"event_id\":\"mine\"}");
        first.Count(line => line.Contains("event_id")).ShouldBe(5);
    }

    [Fact]
    public async Task Names_bad_lines_and_sends_all_others()
    {
        _server.Mishap = arrival => arrival.Lines.Contains("{oops") ? new Mishap(400, Detail: "Not JSON.") : null;
        var lines = string.Concat(Enumerable.Range(1, 250).Select(n => n == 120 ? "{oops\n" : $"{{\"n\":{n}}}\n"));
        var path = Write("a.ndjson", lines);
        var terminal = new CapturedTerminal();

        (await SendAsync(terminal, path, "--json")).ShouldBe(1);

        _server.Stored.Count.ShouldBe(249);
        terminal.Error.ShouldContain($"{path}:120: Not JSON.");
        using var json = JsonDocument.Parse(terminal.Out);
        json.RootElement.GetProperty("accepted").GetInt64().ShouldBe(249);
        json.RootElement.GetProperty("refused").GetInt64().ShouldBe(1);
    }

    [Fact]
    public async Task Retries_keep_ids_when_the_answer_was_lost_after_storing()
    {
        _server.Mishap = arrival =>
            arrival.Number % 2 == 1 ? new Mishap(503, StoresFirst: arrival.Number % 4 == 1) : null;
        var path = Write("a.ndjson", string.Concat(Enumerable.Range(1, 50).Select(n => $"{{\"n\":{n}}}\n")));

        (await SendAsync(new CapturedTerminal(), path, "--batch", "10")).ShouldBe(0);

        _server.Stored.Count.ShouldBeGreaterThan(50);
        _server.Stored.Select(stored => stored.Line).Distinct().Count().ShouldBe(50);
    }

    [Fact]
    public async Task Reads_standard_input_and_the_key_of_the_environment()
    {
        var terminal = new CapturedTerminal { Input = "{\"event\":\"a\"}", Variables = { ["MILLRACE_KEY"] = "k" } };

        (await terminal.RunAsync("send", "-", "--to", _server.Address.ToString())).ShouldBe(0);

        _server.Stored.Single().Key.ShouldBe("k");
        _server.Stored.Single().Line.ShouldContain("event_id");
    }

    [Fact]
    public async Task A_file_that_is_cut_off_is_one_sentence_and_what_was_read_is_sent()
    {
        var terminal = new CapturedTerminal();

        (await SendAsync(terminal, Write("a.json", "[{\"event\":\"a\"},{\"ev"))).ShouldBe(1);

        terminal.Error.ShouldContain("ends inside its array");
    }

    private Task<int> SendAsync(CapturedTerminal terminal, params string[] arguments) =>
        terminal.RunAsync(["send", .. arguments, "--to", _server.Address.ToString(), "--key", "k"]);

    private string Write(string name, string text)
    {
        var path = _folder.In(name);
        File.WriteAllText(path, text, new UTF8Encoding(false));
        return path;
    }
}
