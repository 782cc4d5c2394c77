using System.Text;

namespace Millrace.Control;

/// <summary>What a key may do.</summary>
internal enum KeyRole { Write, Read, Admin }

/// <summary>What a key stands for. The key itself is nowhere on the disk, only its SHA-256.</summary>
/// <param name="Id">Names the key in lists, logs and <c>key revoke</c>; no secret.</param>
/// <param name="Tenant">Empty only for an admin key of all tenants.</param>
/// <param name="Source">Free text of at most 255 bytes; empty: none.</param>
internal sealed record KeyGrant(string Id, KeyHash Hash, string Tenant, string Source, KeyRole Role)
{
    /// <summary>What the envelope of each record carries, made once.</summary>
    public ReadOnlyMemory<byte> TenantUtf8 { get; } = Encoding.UTF8.GetBytes(Tenant);

    /// <inheritdoc cref="TenantUtf8"/>
    public ReadOnlyMemory<byte> SourceUtf8 { get; } = Encoding.UTF8.GetBytes(Source);
}
