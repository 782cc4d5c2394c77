using System.Diagnostics;
using System.Globalization;
using Millrace.Control;
using Millrace.DuckDb;
using Millrace.Iceberg;
using Millrace.Lake;
using Millrace.Log;
using Millrace.Query;
using Sql = Millrace.Events.Sql;

namespace Millrace.Bench;

/// <summary>Asks a server and a plain DuckDB the same, in turn, and compares answers and times.</summary>
/// <remarks>The plain DuckDB is as fast as it gets: an instance in this process that stays open, the same number of
/// threads, the files that matter as a list in the statement; no catalog, no check, no HTTP.</remarks>
internal sealed class QueryRace(string path, QueryServer server, int rounds) : IDisposable
{
    /// <summary>Until then the server's just-in-time compiler is at work beside every question.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(20);

    /// <summary>A machine has slower and faster seconds; nine rounds of 5 ms would fall into one of them.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(3);

    private readonly SqliteCatalog _catalog =
        SqliteCatalog.OpenAsync(Path.Combine(path, "catalog.db"), default).GetAwaiter().GetResult();
    private readonly Database _database = Database.Open(null, new Dictionary<string, string> { ["threads"] = "2" });

    /// <summary>Writes one line of Markdown a question; false if a bound is broken.</summary>
    public async Task<bool> RunAsync(TextWriter output)
    {
        using var connection = _database.Connect();
        connection.Execute("SET TimeZone = 'UTC'");
        var reader = new LakeReader(_catalog, NewStore(), path);
        var isWithin = true;
        var begun = Stopwatch.GetTimestamp();
        for (var asked = 0; Stopwatch.GetElapsedTime(begun) < WarmUp; asked++)
        {
            await server.AskAsync(QueryQuestions.Dashboard[asked % QueryQuestions.Dashboard.Count].Sql("events"));
        }
        output.WriteLine("| question | files | Millrace ms (best) | plain ms (best) | ratio | CPU ms | plain CPU ms |");
        output.WriteLine("|---|---:|---:|---:|---:|---:|---:|");
        foreach (var question in QueryQuestions.All)
        {
            var files = await FilesAsync(reader, question);
            var plainSql = question.Sql($"read_parquet({Sql.List(files)})");
            var (ours, plain) = await MeasureAsync(connection, question, plainSql);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {question.Name} | {files.Count} | {ours} | {plain} | {ours.Median / plain.Median:0.00} "
                + $"| {ours.Cpu:0.0} | {plain.Cpu:0.0} |"));
            isWithin &= !(ours.Median > question.MillisecondsMax) && !(ours.Median / plain.Median > question.RatioMax);
        }
        return isWithin;
    }

    public void Dispose()
    {
        _database.Dispose();
        _catalog.Dispose();
    }

    private async Task<(Figures Ours, Figures Plain)> MeasureAsync(
        Connection connection, QueryQuestion question, string plainSql)
    {
        var asked = 0;
        string Ours() => question.Sql("events") + (question.IsNew ? $" -- {asked++}" : "");
        // Twice unmeasured: what is read for the first time, and code that is compiled for the first time.
        for (var warm = 0; warm < 2; warm++)
        {
            var (expected, answer) = (Plain(connection, plainSql), await server.AskAsync(Ours()));
            if (!expected.SequenceEqual(answer))
            {
                throw new InvalidOperationException($"{question.Name}: the answers differ.");
            }
        }
        var (ours, plain) = (new List<double>(), new List<double>());
        var plainCpu = TimeSpan.Zero;
        var (begun, serverCpu) = (Stopwatch.GetTimestamp(), server.Cpu);
        for (var round = 0; round < rounds || Stopwatch.GetElapsedTime(begun) < Least; round++)
        {
            var (started, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            Plain(connection, plainSql);
            plain.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            plainCpu += Environment.CpuUsage.TotalTime - cpu;
            var sql = Ours();
            started = Stopwatch.GetTimestamp();
            await server.AskAsync(sql);
            ours.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        // Of the whole time: what it does after an answer counts too, and it does nothing but answer.
        return (new Figures(ours, (server.Cpu - serverCpu) / ours.Count), new Figures(plain, plainCpu / plain.Count));
    }

    private static List<string> Plain(Connection connection, string sql)
    {
        using var result = connection.Query(sql);
        return [.. result.Rows().Select(row => string.Join('|', row.Select(Text)))];
    }

    private static string Text(object? value) => value switch
    {
        DateTimeOffset time => time.UtcDateTime.ToString(
            "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    /// <summary>What the catalog knows to matter, hot files included.</summary>
    private static async Task<IReadOnlyList<string>> FilesAsync(LakeReader reader, QueryQuestion question)
    {
        var schema = LakeTable.Events.Schema;
        var time = schema.Find("event_time")!.Id;
        List<Condition> conditions =
        [
            new(time, Comparison.GreaterOrEqual, Bounds.Long(Micros(question.Span.From))),
            new(time, Comparison.Less, Bounds.Long(Micros(question.Span.To))),
        ];
        if (question.Tenant is { } tenant)
        {
            conditions.Add(new Condition(schema.Find("tenant")!.Id, Comparison.Equal, Bounds.String(tenant)));
        }
        var view = await reader.SnapshotAsync(default);
        var plan = await view.PlanAsync(LakeTable.Events, [new Predicate(conditions)], default);
        return [.. plan.Files];
    }

    private TableStore NewStore()
    {
        var directory = DataDirectory.Open(path, new PosixDisk());
        var author = new Author(TimeProvider.System, new Random(1), "bench");
        return new TableStore(new LocalStore(new PosixDisk(), directory.In("lake")), author);
    }

    private static long Micros(DateTimeOffset time) =>
        (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private sealed class Figures(List<double> milliseconds, TimeSpan cpu)
    {
        private readonly double[] _sorted = [.. milliseconds.Order()];

        public double Median => _sorted[_sorted.Length / 2];

        public double Cpu => cpu.TotalMilliseconds;

        public override string ToString() =>
            string.Create(CultureInfo.InvariantCulture, $"{Median:0.0} ({_sorted[0]:0.0})");
    }
}
