using System.CommandLine;
using System.Text;
using System.Text.Json;

namespace Millrace.Cli;

/// <summary><c>millrace sql</c>: asks a server or a data directory, one SELECT at a time.</summary>
internal sealed class SqlVerb
{
    private readonly Option<string?> _command = new("--command", "-c")
    {
        HelpName = "SQL", Description = "The statement.",
    };
    private readonly Argument<FileInfo?> _file = new("FILE")
    {
        Description = "A file that holds one statement. With neither this nor -c, statements are read from a prompt.",
        Arity = ArgumentArity.ZeroOrOne,
    };
    private readonly Option<SqlFormat?> _format = new("--format")
    {
        HelpName = "table|csv|json|parquet", Description = "Form of the answer; table if not given.",
    };
    private readonly Option<Uri?> _to = Arguments.Address("--to", "A server's address.");
    private readonly Option<string?> _key = Arguments.Text(
        "--key", "KEY", $"An admin key of that server; or set {Arguments.KeyVariable}.");
    private readonly Option<string> _data = new("--data")
    {
        HelpName = "DIR",
        Description = "A data directory, read beside a running server.",
        DefaultValueFactory = _ => "./millrace-data",
    };
    private readonly Option<bool> _json = Verb.Json("columns, rows, truncated and stats of the answer");
    private readonly Terminal _terminal;

    private SqlVerb(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var sql = new SqlVerb(terminal);
        var verb = new Verb(
            "sql", "Ask questions in SQL (DuckDB's dialect): one SELECT over events, failed_events and ledger.",
            "millrace sql -c \"SELECT event, count(*) FROM events GROUP BY 1 ORDER BY 2 DESC\"",
            "millrace sql --to http://127.0.0.1:8080 --key ADMIN_KEY --format csv report.sql")
        {
            sql._command, sql._file, sql._format, sql._to, sql._key, sql._data, sql._json,
        };
        verb.SetAction(sql.RunAsync);
        return verb;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (command, file) = (parsed.GetValue(_command), parsed.GetValue(_file));
        if (command is not null && file is not null)
        {
            throw CliError.Usage("Give a statement with -c, or in a file, not both.");
        }
        var format = parsed.GetValue(_json) ? SqlFormat.Json : parsed.GetValue(_format) ?? SqlFormat.Table;
        await using ISqlSource source = parsed.GetValue(_to) is { } server
            ? new SqlServer(server, Arguments.Key(parsed, _key, _terminal))
            : await SqlDirectory.OpenAsync(parsed.GetValue(_data)!, _terminal.Clock, cancellationToken);
        if (command is null && file is null)
        {
            return await PromptAsync(source, format, cancellationToken);
        }
        var text = command ?? await File.ReadAllTextAsync(file!.FullName, cancellationToken);
        await AnswerAsync(source, text, format, cancellationToken);
        return CliError.Done;
    }

    private async Task AnswerAsync(ISqlSource source, string sql, SqlFormat format, CancellationToken ct)
    {
        if (format != SqlFormat.Table)
        {
            await using var output = _terminal.OpenOutput();
            await source.RunAsync(sql, format, output, ct);
            if (format == SqlFormat.Json)
            {
                output.Write("\n"u8);
            }
            return;
        }
        using var answer = new MemoryStream();
        await source.RunAsync(sql, SqlFormat.Json, answer, ct);
        using var json = JsonDocument.Parse(answer.GetBuffer().AsMemory(0, (int)answer.Length));
        SqlTable.Write(json.RootElement, _terminal.Out);
        await _terminal.Error.WriteLineAsync(SqlTable.Summary(json.RootElement));
    }

    /// <summary>Statements end with <c>;</c> at the end of a line. A person may try again after a refusal; a script
    /// ends.</summary>
    private async Task<int> PromptAsync(ISqlSource source, SqlFormat format, CancellationToken ct)
    {
        using var input = new StreamReader(_terminal.OpenInput(), Encoding.UTF8);
        var statement = new StringBuilder();
        while (true)
        {
            if (_terminal.IsInteractive)
            {
                await _terminal.Error.WriteAsync(statement.Length == 0 ? "millrace> " : "     ...> ");
            }
            var line = await input.ReadLineAsync(ct);
            statement.AppendLine(line);
            var isComplete = line is null || line.AsSpan().TrimEnd().EndsWith(';');
            if (isComplete && !string.IsNullOrWhiteSpace(statement.ToString()))
            {
                await TryAsync(source, statement.ToString(), format, ct);
            }
            if (line is null)
            {
                return CliError.Done;
            }
            if (isComplete)
            {
                statement.Clear();
            }
        }
    }

    private async Task TryAsync(ISqlSource source, string statement, SqlFormat format, CancellationToken ct)
    {
        try
        {
            await AnswerAsync(source, statement, format, ct);
        }
        catch (CliError refused) when (_terminal.IsInteractive)
        {
            await _terminal.Error.WriteLineAsync(refused.Message);
        }
    }
}
