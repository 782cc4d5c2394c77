using System.Globalization;
using Millrace.Events;

namespace Millrace.Bench;

/// <summary>SQL that makes the rows of one hour of <c>events</c>: values as shops send them, most columns NULL, the
/// same for the same hour and row on every run.</summary>
/// <remarks>A row is made of two 63-bit hashes, its own and its user's: what a device is like does not change from
/// event to event.</remarks>
internal static class EventRows
{
    public const int Tenants = 20;
    public const int UsersPerTenant = 50_000;

    private const long MicrosPerHour = 3_600_000_000;

    /// <summary>By column; all others are NULL.</summary>
    private static readonly Dictionary<EventColumn, string> Expressions = new()
    {
        [EventColumn.EventId] = "hex8(r & 4294967295) || '-' || hex8(r >> 32) || '-4' || hex8(s & 4294967295)",
        [EventColumn.Tenant] = "tenant",
        [EventColumn.Source] = "CASE WHEN is_app THEN 'app' ELSE 'web' END",
        [EventColumn.Protocol] = "'segment'",
        [EventColumn.Type] = "CASE WHEN e < 9 THEN 'page' WHEN e = 23 THEN 'identify' ELSE 'track' END",
        [EventColumn.Event] = $"[{string.Join(", ", EventNames.Select(Sql.Text))}][e + 1]",
        [EventColumn.Level] = "CASE WHEN e % 5 = 0 THEN 'high' ELSE 'mid' END",
        [EventColumn.EventTime] = "moment",
        [EventColumn.SentTime] = "moment + INTERVAL 1 SECOND",
        [EventColumn.ReceivedTime] = "make_timestamptz(epoch_us(moment) + 1000000 + (r & 131071))",
        [EventColumn.UserId] = "CASE WHEN u % 5 < 3 THEN printf('u-%07d', u) END",
        [EventColumn.AnonymousId] = "hex8(v & 4294967295) || '-' || hex8(v >> 32)",
        [EventColumn.DeviceId] = "CASE WHEN is_app THEN hex8(v >> 32) || hex8(v & 4294967295) END",
        [EventColumn.SessionId] = "hex8((v + hour) & 4294967295) || hex8(u)",
        [EventColumn.Latitude] = "((v & 65535) % 1400) / 20.0 - 10",
        [EventColumn.Longitude] = "((v & 65535) % 1500) / 20.0 - 30",
        [EventColumn.City] = "'City ' || (v & 65535) % 400",
        [EventColumn.Country] = "['DE', 'US', 'FR', 'GB', 'NL', 'ES', 'IT', 'PL'][((v & 65535) % 400 % 8) + 1]",
        [EventColumn.Ip] = "printf('%d.%d.%d.0', 11 + (v & 127), (v >> 8 & 255), (v >> 16 & 255))",
        [EventColumn.Os] = "['iOS', 'Android', 'Windows', 'macOS'][(v >> 40 & 3) + 1]",
        [EventColumn.OsVersion] = "(10 + (v >> 42 & 7)) || '.' || (v >> 45 & 3)",
        [EventColumn.DeviceType] = "CASE WHEN is_app THEN 'mobile' ELSE 'desktop' END",
        [EventColumn.AppVersion] = "CASE WHEN is_app THEN '4.' || (v >> 50 & 15) END",
        [EventColumn.Locale] = "['de-DE', 'en-US', 'fr-FR', 'en-GB'][(v >> 54 & 3) + 1]",
        [EventColumn.Browser] = "CASE WHEN NOT is_app THEN ['Chrome', 'Safari', 'Firefox'][v % 3 + 1] END",
        [EventColumn.BrowserVersion] = "CASE WHEN NOT is_app THEN (120 + (v >> 56 & 15)) || '.0' END",
        [EventColumn.IsBot] = "false",
        [EventColumn.Library] = "CASE WHEN is_app THEN 'analytics-swift' ELSE 'analytics.js' END",
        [EventColumn.LibraryVersion] = "'4.1.' || (v >> 60)",
        [EventColumn.Url] =
            "CASE WHEN NOT is_app THEN 'https://www.' || tenant || '.example/p/' || page || '?ref=home' END",
        [EventColumn.Host] = "CASE WHEN NOT is_app THEN 'www.' || tenant || '.example' END",
        [EventColumn.Path] = "CASE WHEN NOT is_app THEN '/p/' || page END",
        [EventColumn.Title] = "CASE WHEN NOT is_app THEN 'Corner Shop – page ' || page END",
        [EventColumn.UtmSource] = "CASE WHEN r % 10 = 0 THEN 'newsletter' END",
        [EventColumn.Properties] =
            "'{\"item_id\":\"sku-' || page || '\",\"price\":' || (page * 7 % 24000) / 100.0 "
            + "|| ',\"quantity\":' || 1 + r % 4 || ',\"currency\":\"EUR\",\"page_number\":' || page % 17 || '}'",
        [EventColumn.Context] =
            "'{\"library\":{\"name\":\"analytics\",\"version\":\"4.1.' || (v >> 60) "
            + "|| '\"},\"screen\":{\"width\":' || 360 + (v >> 56 & 15) * 80 || ',\"density\":2}}'",
        [EventColumn.Node] = "'00c0ffee00c0ffee'",
        [EventColumn.LogOffset] = "hour * 100000000 + i * 800",
        [EventColumn.BatchIndex] = "i % 100",
    };

    private static IEnumerable<string> EventNames =>
        Enumerable.Range(0, 9).Select(page => $"page_{page}").Concat(
        [
            "product_viewed", "product_added", "product_removed", "cart_viewed", "checkout_started", "coupon_applied",
            "payment_entered", "order_completed", "order_refunded", "search", "video_played", "video_completed",
            "review_written", "share", "identify",
        ]);

    /// <summary>Names and types of the shares of tenants: the first has about a fifth of all events.</summary>
    public static string TenantName(int tenant) =>
        string.Create(CultureInfo.InvariantCulture, $"shop-{tenant:00}");

    /// <summary>A function that the rows below need, once a connection.</summary>
    public const string Macros = """
        CREATE MACRO hex8(x) AS printf('%08x', x);
        CREATE MACRO bits(x, y, z) AS (hash(x, y, z) >> 1)::BIGINT;
        """;

    /// <param name="hour">Hours since 1970.</param>
    public static string Select(long hour, long rows) => Select(new EventMix(hour, rows)
    {
        From = hour * MicrosPerHour,
        Milliseconds = MicrosPerHour / 1000,
        Tenant = string.Create(CultureInfo.InvariantCulture, $"floor({Tenants} * pow(x, 2))"),
        Users = UsersPerTenant,
    });

    public static string Select(EventMix mix)
    {
        var columns = EventColumns.All.Select(column =>
            $"CAST({Expressions.GetValueOrDefault(column, "NULL")} AS {SqlType(EventColumns.Type(column))}) "
            + $"AS \"{EventColumns.Name(column)}\"");
        return string.Create(CultureInfo.InvariantCulture, $"""
            SELECT {string.Join(", ", columns)} FROM (
                SELECT *, bits(u, 7, 0) AS v, printf('shop-%02d', t) AS tenant, bits(u, 7, 0) % 3 = 0 AS is_app,
                    make_timestamptz({mix.From} + (s % {mix.Milliseconds}) * 1000 - {mix.LateBy}) AS moment
                FROM (
                    SELECT i, r, s, t, {mix.Seed}::BIGINT AS hour, (r >> 20 & 2047) AS page,
                        t * {mix.Users} + (s >> 24) % {mix.Users} AS u,
                        floor(24 * pow((r >> 39) / 16777216.0, 2))::BIGINT AS e
                    FROM (
                        SELECT i, bits(i, {mix.Seed}, 0) AS r, bits(i, {mix.Seed}, 1) AS s,
                            ({mix.Tenant})::BIGINT AS t
                        FROM (SELECT i, (bits(i, {mix.Seed}, 2) >> 39) / 16777216.0 AS x
                            FROM range({mix.Rows}) AS rows(i)))))
            """);
    }

    private static string SqlType(ColumnType type) => type switch
    {
        ColumnType.Text => "VARCHAR",
        ColumnType.Time => "TIMESTAMPTZ",
        ColumnType.Real => "DOUBLE",
        ColumnType.Flag => "BOOLEAN",
        ColumnType.Long => "BIGINT",
        _ => "INTEGER",
    };
}

/// <summary>Rows that are made at once.</summary>
/// <param name="Seed">Makes them differ from those of other seeds.</param>
internal sealed record EventMix(long Seed, long Rows)
{
    /// <summary>µs UTC of the first moment.</summary>
    public required long From { get; init; }

    /// <summary>How many milliseconds of moments there are.</summary>
    public required long Milliseconds { get; init; }

    /// <summary>The number of a tenant, of <c>x</c>, which is spread evenly from 0 to 1.</summary>
    public required string Tenant { get; init; }

    /// <summary>Users of a tenant.</summary>
    public required long Users { get; init; }

    /// <summary>Microseconds that a row is late, of its hashes <c>r</c> and <c>s</c>.</summary>
    public string LateBy { get; init; } = "0";
}
