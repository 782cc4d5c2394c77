using Millrace.Events;
using Millrace.Iceberg;

namespace Millrace.Query;

/// <summary>Up to which receive time events are committed, by the bounds of all files. Thread safe.</summary>
/// <remarks>Remembers the answer for the last state of the table: every query asks.</remarks>
internal sealed class CommittedTime(Planner planner)
{
    private const int Received = (int)EventColumn.ReceivedTime;

    private volatile Known? _last;

    /// <summary>Null if no file says.</summary>
    public async Task<DateTimeOffset?> OfAsync(Table events, CancellationToken ct)
    {
        if (_last is not { } known || known.Location != events.MetadataLocation)
        {
            var files = await planner.PlanAsync(events, Predicate.All, ct);
            _last = known = new Known(events.MetadataLocation, Greatest(files));
        }
        return known.UpTo;
    }

    private static DateTimeOffset? Greatest(IReadOnlyList<DataFile> files)
    {
        long? micros = null;
        foreach (var file in files)
        {
            if (file.UpperBounds.TryGetValue(Received, out var bound)
                && Bounds.Decode(FieldType.TimestampTz, bound) is long upper && !(micros >= upper))
            {
                micros = upper;
            }
        }
        return micros is { } greatest ? DateTimeOffset.UnixEpoch.AddMicroseconds(greatest) : null;
    }

    private sealed record Known(string Location, DateTimeOffset? UpTo);
}
