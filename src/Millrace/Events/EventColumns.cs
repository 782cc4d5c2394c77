namespace Millrace.Events;

/// <summary>What a column of <c>events</c> holds, as every engine that reads the lake sees it.</summary>
internal enum ColumnType { Text, Time, Real, Flag, Long, Int }

/// <summary>Names and types of <see cref="EventColumn"/>.</summary>
internal static class EventColumns
{
    /// <summary>One more than the greatest field id: the length of an array indexed by column.</summary>
    public const int Count = (int)EventColumn.BatchIndex + 1;

    private static readonly string[] Names =
    [
        "event_id", "tenant", "source", "protocol", "type", "event", "name", "level", "schema", "event_time",
        "client_time", "sent_time", "received_time", "user_id", "anonymous_id", "device_id", "advertising_id",
        "session_id", "group_id", "previous_id", "latitude", "longitude", "city", "region", "region_code",
        "country", "time_zone", "ip", "ip_hash", "os", "os_version", "device_type", "device_manufacturer",
        "device_model", "app_name", "app_version", "app_build", "carrier", "network", "locale", "screen", "browser",
        "browser_version", "user_agent", "is_bot", "library", "library_version", "url", "host", "path", "title",
        "referrer", "referrer_medium", "referrer_source", "utm_source", "utm_medium", "utm_campaign", "utm_term",
        "utm_content", "properties", "context", "node", "log_offset", "batch_index",
    ];

    /// <summary>All columns in the order of their field ids, which is the order of the contract.</summary>
    public static IReadOnlyList<EventColumn> All { get; } = Enum.GetValues<EventColumn>();

    /// <summary>The column's name in SQL and in native events.</summary>
    public static string Name(EventColumn column) => Names[(int)column - 1];

    public static ColumnType Type(EventColumn column) => column switch
    {
        EventColumn.EventTime or EventColumn.ClientTime or EventColumn.SentTime or EventColumn.ReceivedTime
            => ColumnType.Time,
        EventColumn.Latitude or EventColumn.Longitude => ColumnType.Real,
        EventColumn.IsBot => ColumnType.Flag,
        EventColumn.LogOffset => ColumnType.Long,
        EventColumn.BatchIndex => ColumnType.Int,
        _ => ColumnType.Text,
    };
}
