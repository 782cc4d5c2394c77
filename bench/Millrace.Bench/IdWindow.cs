using System.Globalization;
using System.Text;
using Millrace.Control;
using Millrace.Iceberg;
using Millrace.Lake;
using Millrace.Log;
using Millrace.Refine;

namespace Millrace.Bench;

/// <summary>A data directory as a server leaves it that has claimed many ids in the last seven days: <c>bench-0</c>,
/// <c>bench-1</c>, … of the tenant <c>shop</c>. Only the ids are there, not their events.</summary>
internal sealed class IdWindow(string path, long ids)
{
    /// <summary>As many as are left of a steady stream after merges: a few large ones a day.</summary>
    private const int Runs = 24;

    private const long BytesPerRun = 4L << 30;

    private static readonly byte[] Tenant = "shop"u8.ToArray();

    private readonly PosixDisk _disk = new();
    private readonly Random _random = new(1);

    public async Task WriteAsync()
    {
        var directory = DataDirectory.Open(path, _disk);
        using var catalog = await SqliteCatalog.OpenAsync(directory.In("catalog.db"), default);
        var author = new Author(TimeProvider.System, _random, "bench");
        var tables = LakeTables.Open(catalog, new LocalStore(_disk, directory.In("lake")), author);
        await tables.CreateMissingAsync(default);
        var files = new IdRunFiles(catalog, _disk, directory.In("ids"), directory.Node);
        using ((await files.OpenAsync(new HashSet<string>(), default)).Runs)
        {
        }
        var rows = new List<SideRow>();
        for (var run = 0; run < Runs; run++)
        {
            using var written = Write(directory, files.Hash, run);
            rows.Add(IdRunFiles.RowOf(written));
        }
        var position = new TableChange(LakeTable.Events.TableName).SetSummary(
            Positions.KeyPrefix + directory.NodeText, (Runs * BytesPerRun).ToString(CultureInfo.InvariantCulture));
        var request = new TransactionRequest([position]) { SideRows = rows };
        await new Transaction(catalog, tables.Store).CommitAsync(request, default);
    }

    private IdRun Write(DataDirectory directory, IdHash hash, int run)
    {
        var (first, end) = (ids * run / Runs, ids * (run + 1) / Runs);
        var entries = new IdEntry[end - first];
        Span<byte> text = stackalloc byte[32];
        for (var id = first; id < end; id++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"bench-{id}");
            Encoding.ASCII.TryGetBytes(name, text, out var length);
            var key = hash.Id(Tenant, text[..length]);
            entries[id - first] = new IdEntry((ulong)(key >> 64), (ulong)key, run * BytesPerRun);
        }
        Array.Sort(entries);
        var content = new IdRunContent(Range(directory.Node, run), hash.KeyCheck, entries.Length, entries);
        return IdRun.Open(IdRunWriter.Write(_disk, directory.In("ids"), content), hash.KeyCheck, new IdFilterBudget());
    }

    /// <summary>The last run ends an hour ago, the first begins a little less than seven days ago.</summary>
    private static IdRunRange Range(ulong node, int run)
    {
        var span = TimeSpan.FromDays(6.5) / Runs;
        var begin = DateTimeOffset.UtcNow - TimeSpan.FromHours(1) - (Runs - run) * span;
        return new IdRunRange(
            node, run * BytesPerRun, (run + 1) * BytesPerRun, Microseconds(begin), Microseconds(begin + span));
    }

    private static long Microseconds(DateTimeOffset time) =>
        (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
