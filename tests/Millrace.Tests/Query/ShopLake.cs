using Millrace.Lake;
using Millrace.Query;

namespace Millrace.Tests.Query;

/// <summary>A lake of twelve events that a class of tests shares: three days with four each, three tenants and
/// three names of events, the last day in a hot segment.</summary>
public sealed class ShopLake : IAsyncLifetime
{
    internal const string Rows = """
        SELECT 'e' || i AS event_id, ['acme', 'bolt', 'core'][1 + i % 3] AS tenant,
            ['checkout', 'view', 'logout'][1 + i % 3] AS event,
            TIMESTAMPTZ '2026-01-01 00:00:00+00' + to_hours(6 * i) AS event_time,
            TIMESTAMPTZ '2026-01-01 00:00:01+00' + to_hours(6 * i) AS received_time,
            CASE i % 3 WHEN 0 THEN 'iOS' WHEN 1 THEN 'Android' END AS os,
            CASE WHEN i % 3 = 0 THEN '{"amount": ' || (10 + 10 * (i // 3)) || '.0, "price": {"currency": "EUR"}}' ELSE '{}' END
                AS properties,
            '00000000000000aa' AS node, 8 * i AS log_offset, 0::INT AS batch_index
        FROM range(12) t(i)
        """;

    internal SmallLake Lake { get; } = new();

    internal QueryRunner Runner { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await Lake.CommitAsync(LakeTable.Events, $"SELECT * FROM ({Rows}) WHERE log_offset < 64", position: 64);
        Lake.Hot(LakeTable.Events, $"SELECT * FROM ({Rows}) WHERE log_offset < 64", (0, 64));
        Lake.Hot(LakeTable.Events, $"SELECT * FROM ({Rows}) WHERE log_offset >= 64", (64, 96));
        Lake.Hot(
            LakeTable.FailedEvents,
            "SELECT 'f1' AS failed_id, 'acme' AS tenant, TIMESTAMPTZ '2026-01-03 00:00:00+00' AS received_time", (64, 96));
        Lake.Hot(
            LakeTable.Ledger,
            "SELECT TIMESTAMPTZ '2026-01-03 00:00:00+00' AS minute, 'acme' AS tenant, 'received' AS outcome, 12 AS events",
            (64, 96));
        Runner = Lake.Runner();
    }

    public async ValueTask DisposeAsync()
    {
        await Runner.DisposeAsync();
        Lake.Dispose();
    }
}
