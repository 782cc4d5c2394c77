using System.Globalization;

namespace Millrace.Bench;

/// <summary>A SELECT over a span of <c>events</c>, the same text for every engine.</summary>
/// <param name="Name">In the report.</param>
/// <param name="Tenant">Of this tenant alone; null: of all.</param>
internal sealed record QueryQuestion(string Name, QuerySpan Span, string Select, string? Tenant = null)
{
    /// <summary>What it may take in ms; null: no bound was set.</summary>
    public int? MillisecondsMax { get; init; }

    /// <summary>How many times as long as plain DuckDB it may take; null: no bound was set, or it is known to be missed
    /// (docs/performance.md).</summary>
    public double? RatioMax { get; init; }

    /// <summary>Asked in other words each time, so that the server remembers nothing of it.</summary>
    public bool IsNew { get; init; }

    /// <summary>What else must hold of a row.</summary>
    public string Where { get; init; } = "";

    /// <summary>What follows WHERE.</summary>
    public string Tail { get; init; } = "";

    /// <param name="relation">What stands for the table.</param>
    public string Sql(string relation)
    {
        var tenant = Tenant is null ? "" : $" AND tenant = '{Tenant}'";
        return $"SELECT {Select} FROM {relation} WHERE event_time >= {Literal(Span.From)} "
            + $"AND event_time < {Literal(Span.To)}{tenant}{Where} {Tail}";
    }

    private static string Literal(DateTimeOffset time) =>
        string.Create(CultureInfo.InvariantCulture, $"TIMESTAMPTZ '{time:yyyy-MM-dd HH:mm:ss}+00'");
}

/// <summary>A span of event time, the end exclusive.</summary>
internal readonly record struct QuerySpan(DateTimeOffset From, DateTimeOffset To);

/// <summary>What is asked of the two months of <see cref="QueryLake"/>.</summary>
internal static class QueryQuestions
{
    private const string Counts = "event, count(*) AS n, max(received_time) AS latest";
    private const string ByEvent = "GROUP BY 1 ORDER BY 1";
    private const string People = "count(*) AS n, count(DISTINCT user_id) AS people";
    private const string Tenant = "shop-03";

    /// <summary>A user of that tenant.</summary>
    private const string User = " AND user_id = 'u-0170735'";

    private static readonly DateTimeOffset Day15 = QueryLake.Start.AddDays(14);
    private static readonly QuerySpan Hour = new(Day15.AddHours(10), Day15.AddHours(11));
    private static readonly QuerySpan Month = new(QueryLake.Start, QueryLake.Start.AddMonths(1));
    private static readonly QuerySpan Everything = new(QueryLake.Start, QueryLake.Start.AddDays(QueryLake.Days));

    /// <summary>The day that PostgreSQL has too.</summary>
    public static readonly QuerySpan Day = new(Day15, Day15.AddDays(1));

    public static readonly IReadOnlyList<QueryQuestion> All =
    [
        new("an hour by event", Hour, Counts) { Tail = ByEvent, MillisecondsMax = 10 },
        new("an hour by event, never asked before", Hour, Counts) { Tail = ByEvent, IsNew = true },
        new("a day by event", Day, Counts) { Tail = ByEvent, MillisecondsMax = 60, RatioMax = 1.2 },
        new("a month by event", Month, Counts) { Tail = ByEvent, MillisecondsMax = 1000, RatioMax = 1.2 },
        new("people of an hour", Hour, People),
        new("people of a day", Day, People),
        new("a tenant's day by event", Day, Counts, Tenant) { Tail = ByEvent },
        new("a tenant's month by event", Month, Counts, Tenant) { Tail = ByEvent },
        new("a user's day", Day, "event_time, event, event_id") { Where = User, Tail = "ORDER BY 1, 3" },
        new("a user's two months", Everything, "event_time, event, event_id")
        {
            Where = User, Tail = "ORDER BY 1, 3",
        },
    ];

    /// <summary>What many ask at once.</summary>
    public static IReadOnlyList<QueryQuestion> Dashboard { get; } =
        [.. All.Where(question => (question.Span == Hour || question.Span == Day) && !question.IsNew)];
}
