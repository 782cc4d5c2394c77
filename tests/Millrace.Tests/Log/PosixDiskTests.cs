using Millrace.Log;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Log;

public sealed class PosixDiskTests : IDisposable
{
    private readonly ScratchDirectory _directory = new();
    private readonly PosixDisk _disk = new();

    [Fact]
    public async Task Carries_a_log_through_two_processes_worth_of_writers_and_a_reader()
    {
        string directory = _directory.In("a/log");
        LogOptions options = new() { Directory = directory, SegmentBytes = 64 << 10, FreeShareMin = 0 };
        using LogReader reader = LogReader.Open(directory, _disk, 0, TimeProvider.System);
        for (int start = 0; start < 2; start++)
        {
            await using LogWriter writer = LogWriter.Open(
                options, _disk, TimeProvider.System, new LogStart(new byte[32], new Random(start)));
            for (int i = 0; i < 50; i++)
            {
                (await writer.AppendAsync(LogScenario.Entry(i, 3000))).Refusal.ShouldBe(AppendRefusal.None);
            }
            LogContents.Of(reader).Records.Values.ShouldBe(Enumerable.Range(0, 50));
        }
    }

    [Fact]
    public void Names_the_path_and_the_reason_of_a_failure()
    {
        string path = _directory.In("f");
        _disk.Create(path).Dispose();
        DiskException exists = Should.Throw<DiskException>(() => _disk.Create(path));
        exists.Errno.ShouldBe(17);
        exists.Message.ShouldContain(path);
        Should.Throw<FileNotFoundException>(() => _disk.Open(path + "x", FileAccess.Read));
        Should.Throw<DiskException>(() => _disk.Rename(path + "x", path)).Errno.ShouldBe(2);
        _disk.Delete(path + "x");
    }

    [Fact]
    public void Reports_a_full_device_when_it_is_written()
    {
        using IDiskFile full = _disk.Open("/dev/full", FileAccess.ReadWrite);
        Should.Throw<DiskException>(() => full.Write([1], 0)).Errno.ShouldBe(DiskException.NoSpace);
    }

    [Fact]
    public void Reports_a_failed_sync()
    {
        // fdatasync refuses what cannot be synced, so a swallowed result would show here.
        using IDiskFile notSyncable = _disk.Open("/dev/null", FileAccess.ReadWrite);
        Should.Throw<DiskException>(notSyncable.SyncData).Errno.ShouldBe(22);
    }

    public void Dispose() => _directory.Dispose();
}
