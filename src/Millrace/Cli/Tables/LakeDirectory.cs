using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using Millrace.Control;
using Millrace.Iceberg;
using Millrace.Lake;
using Millrace.Log;

namespace Millrace.Cli;

/// <summary>The lake of a data directory, beside a server that may run on it: the catalog decides who was
/// first.</summary>
internal sealed class LakeDirectory : IDisposable
{
    private readonly SqliteCatalog _catalog;

    private LakeDirectory(SqliteCatalog catalog, string path, TimeProvider clock)
    {
        (_catalog, Path) = (catalog, path);
        Random = new Random(RandomNumberGenerator.GetInt32(int.MaxValue));
        var version = Assembly.GetExecutingAssembly().GetName().Version!.ToString(3);
        Tables = LakeTables.Open(
            catalog, new LocalStore(Disk, System.IO.Path.Combine(path, "lake")), new Author(clock, Random, version));
    }

    public string Path { get; }

    public PosixDisk Disk { get; } = new();

    public Random Random { get; }

    public LakeTables Tables { get; }

    public ICatalog Catalog => _catalog;

    /// <exception cref="CliError">There is no lake in the directory, or it was moved.</exception>
    public static async Task<LakeDirectory> OpenAsync(string directory, TimeProvider clock, CancellationToken ct)
    {
        var path = System.IO.Path.GetFullPath(directory);
        var database = System.IO.Path.Combine(path, "catalog.db");
        if (!File.Exists(database))
        {
            throw new CliError($"There is no lake in '{path}': name a data directory with --data.");
        }
        var lake = new LakeDirectory(await SqliteCatalog.OpenAsync(database, ct), path, clock);
        if (await lake.Tables.FormerRootAsync(ct) is { } former)
        {
            lake.Dispose();
            throw LakeTables.Moved(path, former);
        }
        return lake;
    }

    /// <exception cref="CliError">There is none of this name.</exception>
    public async Task<Table> TableAsync(string name, CancellationToken ct) =>
        await Table.LoadAsync(_catalog, new TableName(LakeTable.Namespace, name), Tables.Store.Objects, ct)
            ?? throw new CliError(
                $"There is no table '{name}' in '{Path}': `millrace table list` shows what there is.");

    /// <summary>A directory on the disk of the lake: files in it become its own by a rename.</summary>
    public ScratchDirectory NewScratch(string purpose) => new(System.IO.Path.Combine(
        Path, "tmp", string.Create(CultureInfo.InvariantCulture, $"{purpose}-{Environment.ProcessId}")));

    public void Dispose() => _catalog.Dispose();
}

/// <summary>A directory that is made here, and gone when this is disposed.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    public ScratchDirectory(string path)
    {
        Path = path;
        Directory.CreateDirectory(path);
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
