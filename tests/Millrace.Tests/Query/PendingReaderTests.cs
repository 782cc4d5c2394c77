using Millrace.Log;
using Millrace.Query;
using Millrace.Tests.Lake;
using Millrace.Tests.Log;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Query;

public sealed class PendingReaderTests : IAsyncDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly PosixDisk _disk = new();
    private readonly LogWriter _log;
    private readonly PendingReader _reader;

    public PendingReaderTests()
    {
        var options = new LogOptions { Directory = _scratch.In("log"), SegmentBytes = 64 << 10, Node = 0xaa };
        _log = LogWriter.Open(options, _disk, TimeProvider.System, new LogStart(new byte[32], new Random(1)));
        _reader = new PendingReader(_scratch.In("log"), _disk, "00000000000000aa", TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        _reader.Dispose();
        await _log.DisposeAsync();
        _scratch.Dispose();
    }

    [Fact]
    public async Task Counts_what_came_since_the_last_call_and_what_was_there()
    {
        await AppendAsync(3);
        (await PendingAsync(0)).ShouldBe(3);
        (await PendingAsync(0)).ShouldBe(3);
        await AppendAsync(40);
        (await PendingAsync(0)).ShouldBe(43);
    }

    [Fact]
    public async Task Counts_from_the_position_whether_it_moves_on_or_back()
    {
        await AppendAsync(5);
        (await PendingAsync(0)).ShouldBe(5);
        var position = await AppendAsync(4);
        (await PendingAsync(position)).ShouldBe(1);
        (await PendingAsync(0)).ShouldBe(9);
    }

    [Fact]
    public async Task Goes_on_where_a_caller_left()
    {
        await AppendAsync(20);
        using var gone = new CancellationTokenSource();
        gone.Cancel();
        await Should.ThrowAsync<OperationCanceledException>(() => _reader.ReadAsync(_ => 0, gone.Token));
        (await PendingAsync(0)).ShouldBe(20);
    }

    [Fact]
    public async Task Whoever_waits_for_another_caller_can_be_called_off()
    {
        await AppendAsync(1);
        var disk = new FaultyDisk();
        using var reading = new SemaphoreSlim(0);
        using var gate = new ManualResetEventSlim();
        disk.BeforeOpen = _ =>
        {
            reading.Release();
            gate.Wait();
        };
        using var reader = new PendingReader(_scratch.In("log"), disk, "00000000000000aa", TimeProvider.System);
        var first = reader.ReadAsync(_ => 0, default);
        (await reading.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBeTrue();
        using var late = new CancellationTokenSource(TimeSpan.FromMilliseconds(1));

        await Should.ThrowAsync<OperationCanceledException>(
            () => reader.ReadAsync(_ => 0, late.Token).WaitAsync(TimeSpan.FromSeconds(30)));

        disk.BeforeOpen = null;
        gate.Set();
        (await first).Events.Sum(pending => pending.Events).ShouldBe(1);
    }

    private async Task<long> PendingAsync(long position) =>
        (await _reader.ReadAsync(_ => position, default)).Events.Sum(pending => pending.Events);

    /// <returns>The offset of the last record.</returns>
    private async Task<long> AppendAsync(int records)
    {
        var last = 0L;
        for (var i = 0; i < records; i++)
        {
            var result = await _log.AppendAsync(LogScenario.Entry(i, bytes: 4_000) with { Events = 1 });
            result.Refusal.ShouldBe(AppendRefusal.None);
            last = result.Offset;
        }
        return last;
    }
}
