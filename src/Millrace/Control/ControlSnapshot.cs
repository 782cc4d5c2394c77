using System.Buffers;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text.Json;

namespace Millrace.Control;

/// <summary>Tenants and keys at one moment, from control.db and <c>millrace.json</c> together. Immutable.</summary>
internal sealed class ControlSnapshot
{
    private readonly FrozenDictionary<KeyHash, KeyGrant> _keys;

    /// <param name="keys">Where two have one hash the first wins: control.db before the file.</param>
    public ControlSnapshot(IEnumerable<string> tenants, IEnumerable<KeyGrant> keys, RefineSettings refine)
    {
        _keys = keys.DistinctBy(key => key.Hash).ToFrozenDictionary(key => key.Hash);
        Tenants = [.. tenants.Concat(_keys.Values.Select(key => key.Tenant))
            .Where(tenant => tenant.Length > 0).Distinct().Order(StringComparer.Ordinal)];
        Content = Canonical(Tenants, refine);
        Version = SHA256.HashData(Content.Span);
    }

    public static ControlSnapshot Empty { get; } = new([], [], new RefineSettings());

    /// <summary>What control.db and the settings say together.</summary>
    public static ControlSnapshot Of(ControlStore store, Settings settings)
    {
        var keys = store.Keys();
        // A key that was revoked stays revoked, also if the file names it: it is taken out of both.
        var revoked = keys.Where(key => key.Revoked is not null).Select(key => key.Grant.Hash).ToHashSet();
        return new ControlSnapshot(
            store.Tenants().Concat(settings.Tenants),
            keys.Select(key => key.Grant).Concat(settings.Keys).Where(key => !revoked.Contains(key.Hash)),
            settings.Refine);
    }

    /// <summary>In ordinal order.</summary>
    public IReadOnlyList<string> Tenants { get; }

    public IReadOnlyCollection<KeyGrant> Keys => _keys.Values;

    /// <summary>Canonical JSON of what Refine depends on: no keys, no secrets.</summary>
    public ReadOnlyMemory<byte> Content { get; }

    /// <summary>SHA-256 of <see cref="Content"/>: the body of a control record, 32 bytes.</summary>
    public ReadOnlyMemory<byte> Version { get; }

    /// <summary>Hot path: hashes, looks up, compares the whole hash in constant time. Null: unknown or
    /// revoked.</summary>
    public KeyGrant? Find(ReadOnlySpan<byte> key) =>
        key.Length is >= KeyRules.ValueCharsMin and <= KeyRules.ValueBytesMax
            ? _keys.GetValueOrDefault(KeyHash.Of(key)) : null;

    private static ReadOnlyMemory<byte> Canonical(IReadOnlyList<string> tenants, RefineSettings refine)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("event_bytes_max"u8, refine.EventBytes);
            json.WriteStartObject("tenants"u8);
            foreach (var tenant in tenants)
            {
                json.WriteStartObject(tenant);
                json.WriteEndObject();
            }
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }
}
