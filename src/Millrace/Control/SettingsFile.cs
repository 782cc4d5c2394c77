using System.Net;
using System.Text;
using System.Text.Json;

namespace Millrace.Control;

/// <summary>Reads <c>millrace.json</c>: the one place that knows the names of its keys.</summary>
internal static class SettingsFile
{
    public const string Name = "millrace.json";

    private static readonly string[] Protocols = ["native", "segment"];

    /// <summary>The file of <c>--config</c> (a file, or the folder that holds it), else the one in the working
    /// directory; null: there is none and the defaults count.</summary>
    public static string? Find(string? config, string workingDirectory)
    {
        if (config is not null)
        {
            var file =
                Path.GetFullPath(Directory.Exists(config) ? Path.Combine(config, Name) : config, workingDirectory);
            return File.Exists(file) ? file
                : throw new OperatorException(OperatorException.BadUsage, $"There is no settings file '{file}'.");
        }
        var here = Path.Combine(workingDirectory, Name);
        return File.Exists(here) ? here : null;
    }

    /// <exception cref="OperatorException">The file cannot be read or something in it is wrong; names each
    /// fault.</exception>
    public static Settings Read(string path, Func<string, string?> environment)
    {
        try
        {
            return Parse(File.ReadAllBytes(path), path, environment);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(OperatorException.BadUsage, $"'{path}' cannot be read: {failure.Message}",
                failure);
        }
    }

    /// <inheritdoc cref="Read"/>
    public static Settings Parse(ReadOnlySpan<byte> utf8, string path, Func<string, string?> environment)
    {
        var errors = new SettingsErrors(Path.GetFileName(path), environment);
        var settings = Settings.Default;
        try
        {
            var node = SettingsNode.Parse(utf8.StartsWith(Encoding.UTF8.Preamble) ? utf8[3..] : utf8);
            if (node.Kind == JsonTokenType.StartObject)
            {
                settings = Read(new SettingsSection(node, "", errors), Path.GetDirectoryName(Path.GetFullPath(path))!);
            }
            else
            {
                errors.Add(node.Line, "the file must hold one object.");
            }
        }
        catch (JsonException failure)
        {
            errors.Add((int)(failure.LineNumber ?? 0) + 1, $"this is not JSON: {failure.Message}");
        }
        return errors.Sentences.Count == 0 ? settings
            : throw new OperatorException(OperatorException.BadUsage, string.Join('\n', errors.Sentences));
    }

    private static Settings Read(SettingsSection root, string folder)
    {
        var tenants = new List<string>();
        var keys = new List<KeyGrant>();
        var settings = new Settings
        {
            HttpAddress = Address(root.Section("http")),
            ApiAddress = Address(root.Section("api")),
            Https = root.Has("https") ? Https(root.Section("https"), folder) : null,
            Log = Log(root.Section("log")),
            Lake = Lake(root.Section("lake")),
            Query = Query(root.Section("query")),
            Collect = Collect(root.Section("collect")),
            Refine = Refine(root.Section("refine")),
            TrustedNetworks = Networks(root.Section("forwarded")),
            Tenants = tenants,
            Keys = keys,
        };
        Tenants(root.Section("tenants"), tenants, keys);
        foreach (var item in root.Items("keys"))
        {
            var role = item.Choice("role", KeyRole.Write);
            var key = new NewKey(role, item.Text("tenant") ?? "", item.Text("source") ?? "", item.Text("value") ?? "");
            Declare(key, item, keys);
            item.Finish();
        }
        root.Finish();
        return settings;
    }

    private static string? Address(SettingsSection section)
    {
        var address = section.Text("address");
        if (address is not null && !ListenAddress.TryParse(address, out _))
        {
            section.Errors.Add(section.Line, $"'{address}' is no address: use HOST:PORT, such as 127.0.0.1:8080.");
        }
        section.Finish();
        return address;
    }

    private static HttpsSettings Https(SettingsSection section, string folder)
    {
        var certificate = section.Text("certificate");
        var key = section.Text("key");
        var https = new HttpsSettings(Path.GetFullPath(certificate ?? "", folder),
            key is null ? null : Path.GetFullPath(key, folder), section.Text("password"));
        if (certificate is null)
        {
            section.Errors.Add(section.Line,
                "'https.certificate' is missing: give a PEM file (and 'https.key') or a PFX file.");
        }
        section.Finish();
        return https;
    }

    private static RefineSettings Refine(SettingsSection section)
    {
        var refine = new RefineSettings
        {
            EventBytes = (int)section.Bytes(
                "event_bytes", RefineSettings.EventBytesDefault, min: 1_000, max: 64_000_000),
        };
        section.Finish();
        return refine;
    }

    private static LogSettings Log(SettingsSection section)
    {
        var d = new LogSettings();
        var log = new LogSettings
        {
            Durability = section.Choice("durability", d.Durability),
            SegmentBytes = section.Bytes("segment_bytes", d.SegmentBytes, min: 64 << 10, max: 1 << 30),
            InFlightBytes = section.Bytes("in_flight_bytes", d.InFlightBytes, min: 64 << 10, max: 1 << 30),
        };
        if (log.SegmentBytes % 4_096 != 0)
        {
            section.Errors.Add(section.Line,
                "'log.segment_bytes' must be a multiple of 4096, such as \"64KiB\" or \"128MiB\".");
        }
        section.Finish();
        return log;
    }

    private static LakeSettings Lake(SettingsSection section)
    {
        var d = new LakeSettings();
        var lake = new LakeSettings
        {
            CommitBytes = section.Bytes("commit_bytes", d.CommitBytes, min: 64 << 10, max: 1 << 30),
            CommitEvery = section.Seconds("commit_seconds", d.CommitEvery),
            HotEvery = section.Seconds("hot_seconds", d.HotEvery),
            CompactEvery = section.Has("compact_seconds") ? section.Seconds("compact_seconds", default) : null,
            MemoryBytes = section.Bytes("memory_bytes", d.MemoryBytes, min: 64 << 20),
            FreeBytesMin = section.Has("free_bytes_min") ? section.Bytes("free_bytes_min", 0, min: 0) : null,
        };
        section.Finish();
        return lake;
    }

    private static QuerySettings Query(SettingsSection section)
    {
        var d = new QuerySettings();
        var query = new QuerySettings
        {
            Timeout = section.Seconds("timeout_seconds", d.Timeout),
            TimeoutMax = section.Seconds("timeout_seconds_max", d.TimeoutMax),
            MemoryBytes = section.Bytes("memory_bytes", d.MemoryBytes, min: 32 << 20),
            Threads = section.Count("threads", d.Threads),
        };
        if (query.Timeout > query.TimeoutMax)
        {
            section.Errors.Add(
                section.Line, "'query.timeout_seconds' must not be greater than 'query.timeout_seconds_max'.");
        }
        section.Finish();
        return query;
    }

    private static CollectSettings Collect(SettingsSection section)
    {
        var limits = section.Section("body_bytes");
        var collect = new CollectSettings
        {
            ConnectionsMax = section.Count("connections_max", new CollectSettings().ConnectionsMax),
            BodyBytes = Protocols.ToDictionary(protocol => protocol,
                protocol => (int)Math.Min(limits.Bytes(protocol, CollectSettings.BodyBytesDefault), Array.MaxLength)),
        };
        limits.Finish();
        section.Finish();
        return collect;
    }

    private static List<IPNetwork> Networks(SettingsSection section)
    {
        var networks = new List<IPNetwork>();
        foreach (var (text, line) in section.Texts("networks"))
        {
            var cidr = text.Contains('/') ? text : text + (text.Contains(':') ? "/128" : "/32");
            if (IPNetwork.TryParse(cidr, out var network))
            {
                networks.Add(network);
            }
            else
            {
                section.Errors.Add(line, $"'{text}' is no network: use CIDR, such as 10.0.0.0/8.");
            }
        }
        section.Finish();
        return networks;
    }

    private static void Tenants(SettingsSection section, List<string> tenants, List<KeyGrant> keys)
    {
        foreach (var (tenant, settings) in section.Sections())
        {
            if (!KeyRules.IsTenant(tenant))
            {
                section.Errors.Add(settings.Line, $"'{tenant}' is no tenant: use a-z, 0-9, '_' and '-'.");
            }
            tenants.Add(tenant);
            var sources = settings.Section("sources");
            foreach (var (source, declared) in sources.Sections())
            {
                foreach (var (value, _) in declared.Texts("keys"))
                {
                    Declare(new NewKey(KeyRole.Write, tenant, source, value), declared, keys);
                }
                declared.Finish();
            }
            settings.Finish();
        }
    }

    private static void Declare(NewKey key, SettingsSection section, List<KeyGrant> keys)
    {
        if (KeyRules.Fault(key) is { } fault)
        {
            section.Errors.Add(section.Line, fault);
            return;
        }
        var hash = KeyHash.Of(Encoding.UTF8.GetBytes(key.Value!));
        keys.Add(new KeyGrant($"settings-{hash.ToString()[..8]}", hash, key.Tenant, key.Source, key.Role));
    }
}
