using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Millrace.Log;

namespace Millrace.Control;

/// <summary>A data directory whose format is known and whose node has an id (docs/formats/directory.md).</summary>
internal sealed class DataDirectory
{
    private const int Format = 1;

    private readonly IDisk _disk;

    private DataDirectory(string path, IDisk disk) => (Path, _disk) = (path, disk);

    /// <summary>Absolute.</summary>
    public string Path { get; }

    /// <summary>Random over all 64 bits, never 0.</summary>
    public ulong Node { get; private set; }

    /// <summary>As receipts, lineage and file names show it: 16 hexadecimal digits.</summary>
    public string NodeText => Node.ToString("x16", CultureInfo.InvariantCulture);

    public string ControlDatabase => In("control.db");

    public string In(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Opens a directory, making what is missing: format, node id, the folder of locks.</summary>
    /// <exception cref="OperatorException">A newer Millrace wrote it, or it cannot be written.</exception>
    public static DataDirectory Open(string path, IDisk disk)
    {
        var directory = new DataDirectory(System.IO.Path.GetFullPath(path), disk);
        try
        {
            directory.CheckFormat();
            disk.CreateDirectory(directory.Path);
            disk.CreateDirectory(directory.In("locks"));
            // Two processes may start on a new directory at once, and must agree on the node.
            using (RoleLock.Wait(directory.In("locks/layout")))
            {
                directory.Complete();
            }
            return directory;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(OperatorException.Failed,
                $"The data directory '{directory.Path}' cannot be written: {failure.Message}", failure);
        }
    }

    /// <summary>Why a directory cannot be opened by this program, as a sentence; null: it can, or is not there
    /// yet.</summary>
    public static string? FormatFault(string path)
    {
        var file = System.IO.Path.Combine(path, "format");
        if (!File.Exists(file))
        {
            return null;
        }
        var text = File.ReadAllText(file).Trim();
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) || version < 1)
        {
            return $"'{file}' holds no format version: this is no data directory.";
        }
        return version <= Format ? null
            : $"A newer Millrace wrote this directory, '{path}' (format {version}, known here: {Format}): "
                + "use that one.";
    }

    /// <summary>Locks a role until the result is disposed.</summary>
    /// <exception cref="OperatorException">Another process runs it on this directory.</exception>
    public RoleLock Lock(string role)
    {
        var path = In($"locks/{role}");
        return RoleLock.TryTake(path, out var holder) ?? throw new OperatorException(OperatorException.BadUsage,
            $"The role '{role}' is already running on '{Path}', by process {holder}: "
            + "stop that one, or choose other --roles or another --data.");
    }

    private void CheckFormat()
    {
        if (FormatFault(Path) is { } fault)
        {
            throw new OperatorException(OperatorException.BadUsage, fault);
        }
    }

    private void Complete()
    {
        if (Read("node") is null)
        {
            RefuseIfUsed();
            Write("node", MakeNode().ToString("x16", CultureInfo.InvariantCulture) + "\n");
        }
        if (Read("format") is null)
        {
            Write("format", $"{Format}\n");
        }
        Node = ulong.TryParse(Read("node"), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var node)
            && node > 0 ? node
            : throw new OperatorException(OperatorException.Failed,
                $"'{In("node")}' holds no node id of 16 hexadecimal digits.");
    }

    /// <summary>A new id would begin the log anew beside what the old one holds, and store its events twice.</summary>
    private void RefuseIfUsed()
    {
        if (Directory.Exists(In("log")) || Directory.Exists(In("lake")))
        {
            throw new OperatorException(OperatorException.Failed,
                $"'{In("node")}' is missing although the directory was used: put it back. The id is the first part of "
                + "every receipt, and of the names in 'hot' and 'ids'.");
        }
    }

    private static ulong MakeNode()
    {
        Span<byte> random = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(random);
        return Math.Max(1, BinaryPrimitives.ReadUInt64LittleEndian(random));
    }

    private string? Read(string name) => File.Exists(In(name)) ? File.ReadAllText(In(name)).Trim() : null;

    // Whole or not at all: a crash leaves a temporary name behind, which the next start replaces.
    private void Write(string name, string text)
    {
        var temporary = In(name + ".tmp");
        _disk.Delete(temporary);
        using (var file = _disk.Create(temporary))
        {
            file.Write(Encoding.ASCII.GetBytes(text), 0);
            file.SyncData();
        }
        _disk.Rename(temporary, In(name));
        _disk.SyncDirectory(Path);
    }
}
