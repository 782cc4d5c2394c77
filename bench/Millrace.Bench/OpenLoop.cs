using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text.Json;
using Millrace.Cli;

namespace Millrace.Bench;

/// <summary>Posts the events of a file one by one, again and again, under an event id of its own each time, on a
/// schedule or as fast as the answers come, beside the disk's own <c>fdatasync</c> in the same seconds.</summary>
/// <param name="EventsFile">A JSON array.</param>
internal sealed record OpenLoop(Uri To, string Key, string EventsFile)
{
    private static ReadOnlySpan<byte> IdMember => "\"event_id\":\""u8;

    private const int IdKept = 24;
    private const int IdDigits = 12;

    public required double? Rate { get; init; }

    public required TimeSpan Duration { get; init; }

    public required int Connections { get; init; }

    /// <summary>Where 4 KB are appended and synced meanwhile.</summary>
    public required string Directory { get; init; }

    /// <returns>One JSON object; times in milliseconds.</returns>
    public async Task<string> RunAsync()
    {
        using var file = JsonDocument.Parse(await File.ReadAllBytesAsync(EventsFile));
        byte[][] events =
            [.. file.RootElement.EnumerateArray().Select(each => JsonMarshal.GetRawUtf8Value(each).ToArray())];
        var clock = TimeProvider.System;
        var begin = clock.GetTimestamp();
        bool IsOver() => clock.GetElapsedTime(begin) >= Duration;
        double[] disk = [];
        var probe = new Thread(() => disk = new DiskProbe(Directory, clock).Run(IsOver));
        probe.Start();
        byte[]? Body(long number) => IsOver() ? null : WithId(events[number % events.Length], number);
        var load = new HttpLoad(new LoadPlan(To, Key, Connections, Body) { Rate = Rate }, clock).Run();
        probe.Join();
        return JsonSerializer.Serialize(new
        {
            requests = load.Milliseconds.Length, requests_per_second = Math.Round(load.PerSecond), errors = load.Errors,
            p50 = load.Percentile(0.5), p99 = load.Percentile(0.99), p999 = load.Percentile(0.999),
            most = load.Percentile(1), disk_p50 = Percentiles.Of(disk, 0.5), disk_p99 = Percentiles.Of(disk, 0.99),
            disk_most = Percentiles.Of(disk, 1),
        });
    }

    /// <summary>The last twelve digits of the event's UUID become the number.</summary>
    private static byte[] WithId(byte[] body, long number)
    {
        byte[] own = [.. body];
        var at = own.AsSpan().IndexOf(IdMember) + IdMember.Length + IdKept;
        Utf8Formatter.TryFormat(number, own.AsSpan(at, IdDigits), out _, new StandardFormat('x', IdDigits));
        return own;
    }
}
