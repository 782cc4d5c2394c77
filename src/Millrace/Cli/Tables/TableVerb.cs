using System.CommandLine;
using Millrace.Iceberg;
using Millrace.Lake;

namespace Millrace.Cli;

/// <summary><c>millrace table</c>: shows the tables of a data directory, and takes care of them by hand.</summary>
internal sealed class TableVerb
{
    private const string Example = "millrace table list --data /srv/events";

    private readonly Option<string> _data = new("--data")
    {
        HelpName = "DIR", Description = "The data directory.", DefaultValueFactory = _ => "./millrace-data",
    };
    private readonly Option<bool> _json = new("--json")
    {
        Description = "Every line of standard output is one JSON object.",
    };
    private readonly Argument<string> _table = new("TABLE") { Description = "Such as events." };
    private readonly Terminal _terminal;

    private TableVerb(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var verb = new TableVerb(terminal);
        return new Verb("table", "Look at the tables of a data directory, or take care of them by hand.", Example)
        {
            verb.Named("list", "List the tables: rows, files, bytes.", verb.ListAsync, hasTable: false),
            verb.Named("show", "Show a table: schema, partitions, order, properties, positions.", verb.ShowAsync),
            verb.Named("history", "List the snapshots of a table, oldest first.", verb.HistoryAsync),
            verb.Named("files", "List the data files of a table, with their bounds.", verb.FilesAsync),
            verb.Named(
                "compact", "Compact what is due now, beside a running server or without one.", verb.CompactAsync),
        };
    }

    private Verb Named(
        string name, string description, Func<Work, Task> run, bool hasTable = true)
    {
        var verb = new Verb(name, description, $"millrace table {name}{(hasTable ? " events" : "")} --data /srv/events")
        {
            _data, _json,
        };
        if (hasTable)
        {
            verb.Add(_table);
        }
        verb.SetAction(async (parsed, stop) =>
        {
            using var lake = await LakeDirectory.OpenAsync(parsed.GetValue(_data)!, _terminal.Clock, stop);
            var lines = new FactLines(_terminal.Out, parsed.GetValue(_json));
            await run(new Work(lake, hasTable ? parsed.GetValue(_table)! : "", lines, stop));
            return CliError.Done;
        });
        return verb;
    }

    private async Task ListAsync(Work work)
    {
        foreach (var name in (await work.Lake.Catalog.ListAsync(work.Stop))
            .Where(name => name.Namespace == LakeTable.Namespace))
        {
            var table = await work.Lake.TableAsync(name.Name, work.Stop);
            var summary = table.Metadata.CurrentSnapshot?.Summary;
            work.Lines.Write("table", ("name", name.Name), ("rows", Total(summary, "total-records")),
                ("files", Total(summary, "total-data-files")), ("bytes", Total(summary, "total-files-size")),
                ("snapshots", table.Metadata.Snapshots.Count), ("location", table.Location));
        }
    }

    private async Task ShowAsync(Work work)
    {
        var table = await work.Lake.TableAsync(work.Table, work.Stop);
        var (metadata, schema) = (table.Metadata, table.Metadata.Schema);
        work.Lines.Write("table", ("name", work.Table), ("uuid", metadata.TableUuid), ("location", table.Location),
            ("metadata", table.MetadataLocation), ("schema_id", schema.Id), ("columns", schema.Fields.Count));
        foreach (var field in schema.Fields)
        {
            var type = (field.Type as PrimitiveType)?.Text ?? "nested";
            work.Lines.Write("column", ("id", field.Id), ("name", field.Name), ("type", type));
        }
        foreach (var field in metadata.Spec.Fields)
        {
            work.Lines.Write("partition", ("name", field.Name), ("transform", field.Transform),
                ("source", metadata.FindField(field.SourceId)?.Name ?? ""));
        }
        foreach (var (name, value) in metadata.Properties.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            work.Lines.Write("property", ("name", name), ("value", value));
        }
    }

    private async Task HistoryAsync(Work work)
    {
        foreach (var snapshot in (await work.Lake.TableAsync(work.Table, work.Stop)).Metadata.Snapshots)
        {
            work.Lines.Write("snapshot", ("id", snapshot.Id),
                ("time", Time(snapshot.TimestampMs)),
                ("operation", snapshot.Summary.GetValueOrDefault("operation", "")),
                ("added_files", Total(snapshot.Summary, "added-data-files")),
                ("removed_files", Total(snapshot.Summary, "deleted-data-files")),
                ("rows", Total(snapshot.Summary, "total-records")),
                ("files", Total(snapshot.Summary, "total-data-files")));
        }
    }

    private async Task FilesAsync(Work work)
    {
        var table = await work.Lake.TableAsync(work.Table, work.Stop);
        foreach (var file in await new Planner(work.Lake.Tables.Store).PlanAsync(table, Predicate.All, work.Stop))
        {
            work.Lines.Write("file", ("rows", file.RecordCount), ("bytes", file.SizeBytes),
                ("tenant_from", Bound(table, file.LowerBounds)), ("tenant_to", Bound(table, file.UpperBounds)),
                ("path", file.Path));
        }
    }

    private async Task CompactAsync(Work work)
    {
        var table = LakeTable.All.SingleOrDefault(table => table.Name == work.Table)
            ?? throw new CliError(
                $"Only {string.Join(", ", LakeTable.All.Select(known => known.Name))} are compacted.");
        using var scratch = work.Lake.NewScratch("compact");
        using var compaction = new Compaction(
            new CompactorParts(work.Lake.Tables, work.Lake.Disk, scratch.Path) { Random = work.Lake.Random },
            new CompactionOptions(), _terminal.Clock);
        await foreach (var result in compaction.RunAsync(table, work.Stop))
        {
            if (result.Compacted is not { } compacted)
            {
                throw new CliError($"Could not compact {result.Job.Slot.Folder}: {result.Fault!.Message}");
            }
            work.Lines.Write("compacted", ("slot", result.Job.Slot.Folder), ("rows", result.Job.Rows),
                ("files_in", result.Job.Inputs.Count), ("bytes_in", result.Job.Bytes),
                ("files_out", compacted.Files.Count), ("bytes_out", compacted.Files.Sum(file => file.SizeBytes)),
                ("duplicates", compacted.Duplicates),
                ("milliseconds", (long)result.Duration.TotalMilliseconds));
        }
    }

    private static string Bound(Table table, IReadOnlyDictionary<int, byte[]> bounds) =>
        table.Metadata.Schema.Find(LakeTable.TenantColumn) is { } tenant
            && bounds.TryGetValue(tenant.Id, out var bound) ? System.Text.Encoding.UTF8.GetString(bound) : "";

    private static string Time(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString("O");

    private static long Total(IReadOnlyDictionary<string, string>? summary, string key) =>
        long.TryParse(summary?.GetValueOrDefault(key), out var total) ? total : 0;

    private sealed record Work(LakeDirectory Lake, string Table, FactLines Lines, CancellationToken Stop);
}
