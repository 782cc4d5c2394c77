using Millrace.Events;

namespace Millrace.Protocols;

/// <summary>Reads the columns that Segment's and RudderStack's SDKs send inside <c>context</c>.</summary>
/// <remarks>A field of another type than the column's leaves the column null; it is still there in <c>context</c>.
/// Hot path.</remarks>
internal static class SegmentContext
{
    // Not columns by themselves.
    private const int Wifi = -2, Cellular = -3, Width = -4, Height = -5;

    private static readonly JsonNames Names = new(
        ("ip", (int)EventColumn.Ip), ("userAgent", (int)EventColumn.UserAgent), ("locale", (int)EventColumn.Locale),
        ("timezone", (int)EventColumn.TimeZone), ("sessionId", (int)EventColumn.SessionId));

    private static readonly JsonNames GroupNames = new(Groups().Select((group, index) => (group.Name, index)));

    private static readonly JsonNames[] NamesByGroup = [.. Groups().Select(group => new JsonNames(group.Fields))];

    /// <param name="raw">The event.</param>
    /// <param name="context">An object without repeated names; may be empty.</param>
    public static void SetColumns(RawEvent raw, ReadOnlySpan<byte> context)
    {
        if (context.IsEmpty)
        {
            return;
        }
        var members = new JsonMembers(context);
        while (members.MoveNext())
        {
            var value = context[members.Value];
            if (value[0] == '{')
            {
                var group = GroupNames.Find(members.Name);
                if (group >= 0)
                {
                    SetGroup(raw, NamesByGroup[group], value);
                }
            }
            else if (Names.Find(members.Name) is var column and > 0)
            {
                SetField(raw, (EventColumn)column, value);
            }
        }
    }

    private static (string Name, (string, int)[] Fields)[] Groups() =>
    [
        ("library", [("name", (int)EventColumn.Library), ("version", (int)EventColumn.LibraryVersion)]),
        ("app",
        [
            ("name", (int)EventColumn.AppName), ("version", (int)EventColumn.AppVersion),
            ("build", (int)EventColumn.AppBuild),
        ]),
        ("device",
        [
            ("id", (int)EventColumn.DeviceId), ("advertisingId", (int)EventColumn.AdvertisingId),
            ("manufacturer", (int)EventColumn.DeviceManufacturer), ("model", (int)EventColumn.DeviceModel),
            ("type", (int)EventColumn.DeviceType),
        ]),
        ("os", [("name", (int)EventColumn.Os), ("version", (int)EventColumn.OsVersion)]),
        ("network", [("carrier", (int)EventColumn.Carrier), ("wifi", Wifi), ("cellular", Cellular)]),
        ("screen", [("width", Width), ("height", Height)]),
        ("page",
        [
            ("url", (int)EventColumn.Url), ("path", (int)EventColumn.Path), ("title", (int)EventColumn.Title),
            ("referrer", (int)EventColumn.Referrer),
        ]),
        ("campaign",
        [
            ("name", (int)EventColumn.UtmCampaign), ("source", (int)EventColumn.UtmSource),
            ("medium", (int)EventColumn.UtmMedium), ("term", (int)EventColumn.UtmTerm),
            ("content", (int)EventColumn.UtmContent),
        ]),
        ("location",
        [
            ("latitude", (int)EventColumn.Latitude), ("longitude", (int)EventColumn.Longitude),
            ("city", (int)EventColumn.City), ("country", (int)EventColumn.Country), ("region", (int)EventColumn.Region),
        ]),
    ];

    private static void SetGroup(RawEvent raw, JsonNames names, ReadOnlySpan<byte> group)
    {
        ReadOnlySpan<byte> width = default, height = default;
        var members = new JsonMembers(group);
        while (members.MoveNext())
        {
            var value = group[members.Value];
            switch (names.Find(members.Name))
            {
                case -1:
                    break;
                case Wifi:
                    SetNetwork(raw, value, "wifi"u8);
                    break;
                case Cellular when !raw.Has(EventColumn.Network):
                    SetNetwork(raw, value, "cellular"u8);
                    break;
                case Cellular:
                    break;
                case Width:
                    width = value;
                    break;
                case Height:
                    height = value;
                    break;
                case var column:
                    SetField(raw, (EventColumn)column, value);
                    break;
            }
        }
        SetScreen(raw, width, height);
    }

    private static void SetField(RawEvent raw, EventColumn column, ReadOnlySpan<byte> value)
    {
        if (column == EventColumn.Latitude)
        {
            raw.Latitude = EventFields.Number(value, -90, 90);
        }
        else if (column == EventColumn.Longitude)
        {
            raw.Longitude = EventFields.Number(value, -180, 180);
        }
        else if (value[0] == '"')
        {
            EventFields.SetString(raw, column, value);
        }
        else if (column == EventColumn.SessionId && IsNumber(value))
        {
            // RudderStack's browser SDK numbers its sessions by the millisecond they began in.
            raw.Set(column, value);
        }
    }

    private static void SetNetwork(RawEvent raw, ReadOnlySpan<byte> value, ReadOnlySpan<byte> network)
    {
        if (value.SequenceEqual("true"u8))
        {
            raw.Set(EventColumn.Network, network);
        }
    }

    private static void SetScreen(RawEvent raw, ReadOnlySpan<byte> width, ReadOnlySpan<byte> height)
    {
        if (IsNumber(width) && IsNumber(height))
        {
            var screen = raw.Reserve(EventColumn.Screen, width.Length + 1 + height.Length);
            width.CopyTo(screen);
            screen[width.Length] = (byte)'x';
            height.CopyTo(screen[(width.Length + 1)..]);
        }
    }

    private static bool IsNumber(ReadOnlySpan<byte> value) =>
        !value.IsEmpty && value[0] is >= (byte)'0' and <= (byte)'9';
}
