using System.CommandLine;
using System.Text;
using Millrace.Events;
using Millrace.Log;

namespace Millrace.Cli;

/// <summary><c>millrace log inspect</c>: shows what stands in a segment, or in each of a directory.</summary>
internal sealed class LogVerb
{
    private readonly Argument<string> _path = new("SEGMENT|DIR")
    {
        Description = "A .seg file for its records; a log's directory, or a data directory, for a line a segment.",
    };
    private readonly Option<bool> _json = new("--json")
    {
        Description = "Every line of standard output is one JSON object: a segment, a record or damage.",
    };
    private readonly Terminal _terminal;
    private readonly PosixDisk _disk = new();

    private LogVerb(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        const string example =
            "millrace log inspect ./millrace-data/log/00000000000000000000-00000000000067108864.seg";
        var log = new LogVerb(terminal);
        var inspect = new Verb(
            "inspect", "Show the header, the records and the damage of a segment; exit 1 if there is damage.",
            example, "millrace log inspect --json ./millrace-data")
        {
            log._path, log._json,
        };
        inspect.SetAction(log.Inspect);
        return new Verb("log", "Look into the log.", example) { inspect };
    }

    private int Inspect(ParseResult parsed)
    {
        var path = Path.GetFullPath(parsed.GetValue(_path)!);
        var lines = new FactLines(_terminal.Out, parsed.GetValue(_json));
        if (File.Exists(path))
        {
            return Show(path, lines, areRecordsShown: true) ? CliError.Done : CliError.Failed;
        }
        var directory = Directory.Exists(Path.Combine(path, "log")) ? Path.Combine(path, "log") : path;
        if (!Directory.Exists(directory))
        {
            throw CliError.Usage($"There is neither a segment nor a directory '{path}'.");
        }
        var isSound = true;
        foreach (var segment in Directory.GetFiles(directory, "*.seg").Order(StringComparer.Ordinal))
        {
            isSound &= Show(segment, lines, areRecordsShown: false);
        }
        return isSound ? CliError.Done : CliError.Failed;
    }

    /// <returns>False: there is damage.</returns>
    private bool Show(string path, FactLines lines, bool areRecordsShown)
    {
        using var walk = Open(path);
        long records = 0, events = 0, lost = 0, stretches = 0;
        var items = new FactLines(areRecordsShown ? _terminal.Out : TextWriter.Null, lines.IsJson);
        if (areRecordsShown)
        {
            ShowHeader(walk.Segment, lines);
        }
        foreach (var item in walk.Items())
        {
            if (item.Damage is { } damage)
            {
                (stretches, lost) = (stretches + 1, lost + damage.Events);
                items.Write("damage", ("offset", damage.From), ("end", damage.To), ("events_lost", damage.Events));
                continue;
            }
            (records, events) = (records + 1, events + item.Record.Events);
            ShowRecord(item.Record, items);
        }
        var isHeaderSound = walk.Segment.Header is not null;
        lines.Write("segment",
            ("file", Path.GetFileName(path)), ("header", isHeaderSound ? "ok" : "damaged"), ("records", records),
            ("events", events), ("damage", stretches), ("events_lost", lost), ("end", walk.End),
            ("tail", walk.HasTail ? "not blank" : "blank"));
        return isHeaderSound && stretches == 0;
    }

    private SegmentWalk Open(string path)
    {
        try
        {
            return SegmentWalk.Open(_disk, path)
                ?? throw CliError.Usage($"'{path}' is not named like a segment: 20 digits, '-', 20 digits, '.seg'.");
        }
        catch (NewerFormatException newer)
        {
            throw new CliError(newer.Message);
        }
    }

    private static void ShowHeader(LogSegment segment, FactLines lines)
    {
        if (segment.Header is not { } header)
        {
            lines.Write("header", ("base", segment.Base), ("end", segment.End), ("crc", "both copies damaged"));
            return;
        }
        lines.Write("header",
            ("base", header.Base), ("end", header.End), ("node", $"{header.Node:x16}"), ("salt", $"{header.Salt:x16}"),
            ("created", Time(header.Created)), ("received_min", Time(header.ReceivedMin)),
            ("previous_end", header.PreviousEnd), ("first_event", header.FirstEvent), ("log_start", header.LogStart),
            ("stamp", Convert.ToHexStringLower(header.Stamp.Span)), ("stamps", header.Stamps),
            ("file_bytes", segment.FileBytes), ("crc", "ok"));
    }

    private static void ShowRecord(in LogRecord record, FactLines lines)
    {
        var state = Envelope.TryRead(record.Payload, out var envelope);
        var isSound = state == EnvelopeState.Sound;
        lines.Write("record",
            ("offset", record.Offset), ("end", record.End), ("received", Time(record.ReceivedMicros)),
            ("first_event", record.FirstEvent), ("events", record.Events), ("bytes", record.Payload.Length),
            ("kind", isSound ? envelope.Kind.ToString().ToLowerInvariant() : state.ToString().ToLowerInvariant()),
            ("tenant", isSound ? Text(envelope.Tenant) : ""), ("source", isSound ? Text(envelope.Source) : ""),
            ("protocol", isSound ? Text(envelope.Protocol) : ""), ("route", isSound ? Text(envelope.Route) : ""),
            ("crc", "ok"));
    }

    private static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);

    private static string Time(long micros) => DateTimeOffset.UnixEpoch.AddMicroseconds(micros).ToString("O");
}
