using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Millrace.Integration;

/// <summary>A folder of one test: settings with keys, a data directory, a port. Gone when disposed.</summary>
internal sealed class Workspace : IDisposable
{
    public const string Tenant = "shop";
    public const string WriteKey = "write-key-of-the-integration-tests-0001";
    public const string AdminKey = "admin-key-of-the-integration-tests-0001";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public Workspace(WorkspaceSettings? settings = null)
    {
        Folder = Directory.CreateTempSubdirectory("millrace-test-").FullName;
        Data = In("data");
        WriteSettings(settings ?? new WorkspaceSettings());
        Port = FreePort();
    }

    public string Folder { get; }

    /// <summary>The data directory, in the folder unless a test has another file system for it.</summary>
    public string Data { get; init; }

    public string SettingsFile => Path.Combine(Folder, "millrace.json");

    /// <summary>Stays the same over restarts, so that clients find the server again.</summary>
    public int Port { get; }

    public string Address => $"127.0.0.1:{Port}";

    public string Url => $"http://{Address}";

    /// <summary>What programs find in their environment besides that of the tests.</summary>
    public Dictionary<string, string?> Environment { get; } = [];

    public string In(string name) => Path.Combine(Folder, name);

    /// <summary>A port of the loopback interface that nobody uses at the moment.</summary>
    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private void WriteSettings(WorkspaceSettings settings) => File.WriteAllText(SettingsFile, JsonSerializer.Serialize(
        new
        {
            log = new { segment_bytes = settings.SegmentBytes, durability = settings.Durability },
            lake = new
            {
                commit_seconds = settings.CommitSeconds,
                commit_bytes = settings.CommitBytes,
                compact_seconds = settings.CompactSeconds,
            },
            keys = new object[]
            {
                new { role = "write", tenant = Tenant, source = "test", value = WriteKey },
                new { role = "admin", value = AdminKey },
            },
        },
        Indented));
}

/// <summary>Small values, so that a short test sees many segments and commits.</summary>
internal sealed record WorkspaceSettings
{
    public long SegmentBytes { get; init; } = 4 << 20;

    public int CommitSeconds { get; init; } = 2;

    public double CompactSeconds { get; init; } = 60;

    public string Durability { get; init; } = "disk";

    public long CommitBytes { get; init; } = 128 << 20;
}
