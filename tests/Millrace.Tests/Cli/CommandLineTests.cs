namespace Millrace.Tests.Cli;

public class CommandLineTests
{
    [Theory]
    [InlineData("fly", "There is no verb 'fly'")]
    [InlineData("generate --bogus", "'--bogus'")]
    [InlineData("generate --events many --out -", "--events must be a whole number of at least 1, not 'many'.")]
    [InlineData("generate --events 0 --out -", "--events must be")]
    [InlineData("generate --events -5 --out -", "--events must be")]
    [InlineData("generate --rate 0 --out -", "--rate must be")]
    [InlineData("generate --rate NaN --out -", "--rate must be")]
    [InlineData("generate --for soon --out -", "--for must be")]
    [InlineData("generate --for 10 --out -", "--for must be")]
    [InlineData("generate --events 5 --for 10s --out -", "not both")]
    [InlineData("generate --events 5", "--to URL")]
    [InlineData("generate --events 5 --out - --to http://127.0.0.1:1", "either")]
    [InlineData("generate --events 5 --to 127.0.0.1:8080 --key k", "--to must be an address")]
    [InlineData("generate --events 5 --to http://127.0.0.1:1", "A key is missing")]
    [InlineData("generate --out -", "A file must end")]
    [InlineData("generate --events 5 --tenants 99999 --out -", "--tenants must be at most")]
    [InlineData("generate --events 5 --out - --json", "standard output")]
    [InlineData("send", "FILE")]
    [InlineData("send missing.ndjson --key k", "There is no file 'missing.ndjson'")]
    public async Task Bad_usage_is_one_sentence_and_exit_code_2(string line, string says)
    {
        var terminal = new CapturedTerminal();

        (await terminal.RunAsync(line.Split(' '))).ShouldBe(2);

        terminal.Error.ShouldStartWith("millrace: ");
        terminal.Error.ShouldContain(says);
        terminal.Error.TrimEnd().ShouldNotContain('\n');
        terminal.Out.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("generate")]
    [InlineData("send")]
    public async Task Help_ends_with_examples(string verb)
    {
        var terminal = new CapturedTerminal();

        (await terminal.RunAsync(verb, "--help")).ShouldBe(0);

        terminal.Out.ShouldContain("--json");
        terminal.Out[terminal.Out.IndexOf("Examples:", StringComparison.Ordinal)..].ShouldContain($"millrace {verb} ");
    }

    [Fact]
    public async Task Without_arguments_it_shows_the_verbs()
    {
        var terminal = new CapturedTerminal();

        (await terminal.RunAsync()).ShouldBe(0);

        terminal.Out.ShouldContain("generate");
        terminal.Out.ShouldContain("send");
    }

    [Fact]
    public async Task Says_its_version()
    {
        var terminal = new CapturedTerminal();

        (await terminal.RunAsync("--version")).ShouldBe(0);

        terminal.Out.ShouldMatch(@"^\d+\.\d+\.\d+");
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_one_sentence_and_exit_code_1()
    {
        var terminal = new CapturedTerminal { Input = "{}" };

        (await terminal.RunAsync("send", "-", "--to", "http://127.0.0.1:1", "--key", "k")).ShouldBe(1);

        terminal.Error.ShouldContain("millrace up");
        terminal.Error.TrimEnd().ShouldNotContain('\n');
    }
}
