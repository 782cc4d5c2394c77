using Millrace.Iceberg;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Iceberg;

public sealed class LocalStoreTests : IDisposable
{
    private readonly ScratchDirectory _directory = new();
    private readonly RecordingDisk _disk = new();
    private readonly LocalStore _store;

    public LocalStoreTests() => _store = new LocalStore(_disk, _directory.In("lake"));

    public void Dispose() => _directory.Dispose();

    private string Location(string name) => LocalStore.LocationOf(_directory.In($"lake/{name}"));

    [Fact]
    public async Task Bytes_are_on_the_disk_before_the_name_and_the_name_before_the_return()
    {
        await _store.PutAsync(Location("t/metadata/a.avro"), new byte[] { 1, 2 }, default);

        _disk.Steps.ShouldBe(["sync a.avro.part", "rename a.avro.part a.avro", "sync directory"]);
        (await _store.GetAsync(Location("t/metadata/a.avro"), default)).ToArray().ShouldBe([1, 2]);
    }

    [Fact]
    public async Task A_scratch_file_is_synced_and_taken_over()
    {
        string scratch = _directory.In("scratch.parquet");
        await File.WriteAllBytesAsync(scratch, [7]);

        await _store.PutFileAsync(Location("t/data/b.parquet"), scratch, default);

        File.Exists(scratch).ShouldBeFalse();
        _disk.Steps[0].ShouldBe("sync scratch.parquet");
        _disk.Steps[^1].ShouldBe("sync directory");
        (await File.ReadAllBytesAsync(_store.LocalPath(Location("t/data/b.parquet")))).ShouldBe([7]);
    }

    [Fact]
    public async Task A_file_is_never_replaced()
    {
        await _store.PutAsync(Location("a"), new byte[] { 1 }, default);

        await Should.ThrowAsync<IOException>(() => _store.PutAsync(Location("a"), new byte[] { 2 }, default));

        (await _store.GetAsync(Location("a"), default)).ToArray().ShouldBe([1]);
    }

    [Fact]
    public async Task Files_are_listed_with_their_sizes_and_deleted_without_complaint()
    {
        await _store.PutAsync(Location("t/data/a"), new byte[3], default);
        await _store.PutAsync(Location("u/data/b"), new byte[4], default);
        await _store.DeleteAsync(Location("t/data/never"), default);

        List<StoredObject> all = await _store.ListAsync(Location("t/"), default).ToListAsync();

        StoredObject one = all.ShouldHaveSingleItem();
        (one.Location, one.SizeBytes).ShouldBe((Location("t/data/a"), 3));
        await _store.DeleteAsync(one.Location, default);
        (await _store.ListAsync(Location("t/"), default).ToListAsync()).ShouldBeEmpty();
        (await _store.ListAsync(Location("nowhere/"), default).ToListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_absent_file_is_not_found() =>
        await Should.ThrowAsync<FileNotFoundException>(() => _store.GetAsync(Location("absent"), default));

    [Theory]
    [InlineData("s3://bucket/a")]
    [InlineData("file:/data/a")]
    [InlineData("/data/a")]
    [InlineData("file:///etc/passwd")]
    [InlineData("ROOT/../a")]
    [InlineData("ROOT/./a")]
    [InlineData("ROOT//a")]
    [InlineData("ROOT/a%20b")]
    [InlineData("ROOTside/a")]
    [InlineData("ROOT/a\n")]
    [InlineData("ROOT/a?b")]
    public void A_location_that_is_not_plain_or_not_inside_is_refused(string location) =>
        Should.Throw<ArgumentException>(() => _store.LocalPath(
            location.Replace("ROOT", LocalStore.LocationOf(_directory.In("lake")))));

    [Theory]
    [InlineData("relative")]
    [InlineData("/with%percent")]
    [InlineData("/with/../dots")]
    public void A_root_that_is_not_plain_is_refused(string root) =>
        Should.Throw<ArgumentException>(() => new LocalStore(_disk, root));
}
