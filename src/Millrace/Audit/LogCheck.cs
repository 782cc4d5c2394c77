using System.Globalization;
using Millrace.Events;
using Millrace.Log;

namespace Millrace.Audit;

/// <summary>Reads the whole log as the lake would: headers, checksums, and whether control.db holds each control
/// version that is named.</summary>
/// <param name="position">Up to where the lake holds the log; null: it cannot be known.</param>
internal sealed class LogCheck(CheckScope scope, long? position, IReadOnlySet<string>? versions)
{
    /// <summary>A running server uses segments again: a reader that meets one goes on behind it.</summary>
    private const int TriesMax = 5;

    private readonly HashSet<string> _unknown = [];

    /// <summary>Where the log begins; null: there is none, or it cannot be told.</summary>
    public static LogSegment? First(CheckScope scope)
    {
        try
        {
            return LogSegments.List(scope.Disk, scope.In("log")) is [var first, ..] ? first : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or NewerFormatException)
        {
            return null; // reading says it
        }
    }

    /// <param name="first">Where the log began before the position was read.</param>
    public void Run(LogSegment? first)
    {
        var directory = scope.In("log");
        CheckHeaders(directory);
        CheckBegin(first);
        var from = new LogPosition(0, -1);
        for (var attempt = 1; ; attempt++)
        {
            using var reader = LogReader.Open(directory, scope.Disk, from, scope.Time);
            try
            {
                Read(reader);
                return;
            }
            catch (FileNotFoundException) when (attempt < TriesMax)
            {
                from = reader.Reached;
            }
            catch (Exception failure) when (failure is IOException or NewerFormatException)
            {
                Report(directory, failure.Message, "Mend the disk, or start the newer Millrace, and check again.");
                return;
            }
        }
    }

    private void CheckBegin(LogSegment? first)
    {
        if (first?.Header is { } header && header.PreviousEnd > position)
        {
            Report(first.Path, string.Create(CultureInfo.InvariantCulture,
                $"the log begins here: what stood before, up to offset {header.PreviousEnd}, is gone, "
                + $"and the lake holds only what is before {position}"),
                position > 0 ? Lost(header.PreviousEnd)
                    : "The lake begins with what is there and counts nothing of what stood before; nothing brings it "
                        + "back but a copy of the segments or the clients. Look at the disk.");
        }
    }

    private void CheckHeaders(string directory)
    {
        foreach (var name in scope.Disk.List(directory))
        {
            var path = Path.Combine(directory, name);
            try
            {
                using var walk = SegmentWalk.Open(scope.Disk, path);
                if (walk is null)
                {
                    continue;
                }
                scope.Report.Count("segments");
                if (walk.Segment.Header is not { } header)
                {
                    Report(path, "both copies of its header are damaged: nothing in it can be read",
                        Lost(walk.Segment.End));
                    continue;
                }
                CheckVersion(path, header.Stamp.Span);
            }
            catch (Exception gone) when (gone is FileNotFoundException or NewerFormatException)
            {
                // Used again meanwhile; or newer, which reading says.
            }
            catch (IOException unreadable)
            {
                Report(path, $"its header cannot be read: {unreadable.Message}",
                    "The lake waits until it can be read: look at the disk.");
            }
        }
    }

    private void Read(LogReader reader)
    {
        while (reader.TryRead(out var item))
        {
            if (item.Damage is { } damage)
            {
                var isLoss = damage.Events > 0 || damage.Kind is LogDamageKind.Records or LogDamageKind.Header;
                if (isLoss && !IsReleased(damage))
                {
                    Report(Place(damage.From), string.Create(CultureInfo.InvariantCulture,
                        $"offsets {damage.From} to {damage.To} cannot be read ({damage.Kind}): {damage.Events} events"),
                        Lost(damage.To));
                }
                continue;
            }
            scope.Report.Count("records");
            scope.Report.Count("events_in_log", item.Record.Events);
            if (Envelope.TryRead(item.Record.Payload, out var envelope) == EnvelopeState.Sound
                && envelope.Kind == EnvelopeKind.Control)
            {
                CheckVersion(Place(item.Record.Offset), envelope.Body);
            }
        }
    }

    /// <summary>A server that runs beside has let it go: the log begins behind it by now.</summary>
    private bool IsReleased(in LogDamage damage) =>
        LogSegments.List(scope.Disk, scope.In("log")) is [var first, ..] && first.Base >= damage.To;

    private void CheckVersion(string where, ReadOnlySpan<byte> version)
    {
        var name = Convert.ToHexStringLower(version);
        if (version.ContainsAnyExcept((byte)0) && versions?.Contains(name) == false && _unknown.Add(name))
        {
            Report(where, $"names control version {name}, which control.db does not hold",
                "Restore control.db from a backup: the lake does not read past this record without it.");
        }
    }

    private string Lost(long end) => position is null
        ? "Whether the lake holds what stood there can be told when catalog.db is mended. Look at the disk."
        : end <= position ? "Nothing is lost: the lake holds what stood there. Look at the disk."
        : "The lake passes over it and counts its events as damaged; nothing brings them back but a copy of the "
            + "segment or the clients. Look at the disk.";

    private string Place(long offset)
    {
        var directory = scope.In("log");
        return LogSegments.List(scope.Disk, directory).LastOrDefault(segment => segment.Base <= offset)?.Path
            ?? directory;
    }

    private void Report(string file, string problem, string advice) =>
        scope.Report.Add(new CheckFinding(CheckKind.Log, file, problem, advice));
}
