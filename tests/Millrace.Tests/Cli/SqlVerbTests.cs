using System.CommandLine;
using System.Text;
using Millrace.Cli;
using Millrace.Iceberg;
using Millrace.Tests.Query;

namespace Millrace.Tests.Cli;

public sealed class SqlVerbTests(ShopServer server) : IClassFixture<ShopServer>, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("millrace-sql-verb-").FullName;
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();
    private readonly MemoryStream _data = new();

    [Fact]
    public async Task Draws_a_table()
    {
        (await RunAsync("", "-c", "SELECT event, count(*) AS n, NULL AS x, E'\\x1b[2J' AS bad FROM events GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 2"))
            .ShouldBe(0);
        _out.ToString().ReplaceLineEndings("\n").ShouldBe("""
            event     n     x  bad
            --------  -  ----  ---------
            checkout  4  NULL  \u001b[2J
            logout    4  NULL  \u001b[2J

            """.ReplaceLineEndings("\n"));
        _error.ToString().ShouldContain("2 rows");
    }

    [Theory]
    [InlineData("csv", "one\r\n1\r\n")]
    [InlineData("json", "{\"columns\":[{\"name\":\"one\",\"type\":\"INTEGER\"}],\"rows\":[[1]],")]
    [InlineData("parquet", "PAR1")]
    public async Task Writes_other_formats(string format, string start)
    {
        (await RunAsync("", "-c", "SELECT 1 AS one", "--format", format)).ShouldBe(0);
        Encoding.UTF8.GetString(_data.ToArray()).ShouldStartWith(start);
    }

    [Fact]
    public async Task Reads_a_statement_from_a_file()
    {
        var file = Path.Combine(_directory, "report.sql");
        await File.WriteAllTextAsync(file, "SELECT count(*) AS n\nFROM events;\n");
        (await RunAsync("", file)).ShouldBe(0);
        _out.ToString().ShouldContain("12");
    }

    [Fact]
    public async Task Reads_statements_from_the_prompt()
    {
        (await RunAsync("SELECT 1 AS a;\nSELECT 2\n  AS b;\n\nSELECT 3 AS c", [])).ShouldBe(0);
        _out.ToString().Split('\n').Where(line => line.Trim() is "1" or "2" or "3").Count().ShouldBe(3);
    }

    [Fact]
    public async Task A_refusal_is_one_sentence_with_its_code()
    {
        var error = await Should.ThrowAsync<CliError>(() => RunAsync("", "-c", "SELECT * FROM '/etc/passwd.csv'"));
        error.ExitCode.ShouldBe(1);
        error.Message.ShouldContain("sql_table_unknown");
    }

    [Fact]
    public async Task Asks_for_a_key()
    {
        var error = await Should.ThrowAsync<CliError>(() => InvokeAsync("", "--to", server.Address.ToString(), "-c", "SELECT 1"));
        error.ExitCode.ShouldBe(2);
    }

    [Fact]
    public async Task Says_when_nobody_answers()
    {
        var error = await Should.ThrowAsync<CliError>(
            () => InvokeAsync("", "--to", "http://127.0.0.1:1", "--key", ShopServer.Key("admin"), "-c", "SELECT 1"));
        error.Message.ShouldContain("http://127.0.0.1:1");
    }

    [Fact]
    public async Task Says_when_there_is_no_directory()
    {
        var error = await Should.ThrowAsync<CliError>(
            () => InvokeAsync("", "--data", Path.Combine(_directory, "none"), "-c", "SELECT 1"));
        error.Message.ShouldContain("--data");
    }

    [Fact]
    public async Task Opens_a_data_directory_by_itself()
    {
        (await SqliteCatalog.OpenAsync(Path.Combine(_directory, "catalog.db"), default)).Dispose();
        (await InvokeAsync("", "--data", _directory, "--format", "csv", "-c", "SELECT count(*) AS n FROM events")).ShouldBe(0);
        Encoding.UTF8.GetString(_data.ToArray()).ShouldBe("n\r\n0\r\n");
        Directory.EnumerateFileSystemEntries(_directory).Select(Path.GetFileName)
            .ShouldAllBe(name => name!.StartsWith("catalog.db"));
    }

    public void Dispose()
    {
        _out.Dispose();
        _error.Dispose();
        _data.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private Task<int> RunAsync(string input, params string[] arguments) =>
        InvokeAsync(input, [.. arguments, "--to", server.Address.ToString(), "--key", ShopServer.Key("admin")]);

    private Task<int> InvokeAsync(string input, params string[] arguments)
    {
        var terminal = new Terminal
        {
            Out = _out,
            Error = _error,
            OpenInput = () => new MemoryStream(Encoding.UTF8.GetBytes(input)),
            OpenOutput = () => _data,
            Variable = _ => null,
        };
        var parsed = SqlVerb.Create(terminal).Parse(arguments);
        parsed.Errors.ShouldBeEmpty();
        return parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }
}
