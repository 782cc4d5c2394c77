using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Millrace.Control;
using Millrace.Events;

namespace Millrace.Query;

/// <summary>Finds the grant of a key; null if it is not in force.</summary>
internal delegate KeyGrant? FindKey(ReadOnlySpan<byte> key);

/// <summary>Who may ask: for now admin keys only, because another key's tenant would need a wall that is not built
/// yet.</summary>
internal sealed class AdminKeys(FindKey find)
{
    private static readonly Refusal NoKey = new(
        401, "key_missing", "No key was given: use 'Authorization: Bearer KEY'.");
    private static readonly Refusal UnknownKey = new(401, "key_unknown", "The key is not known, or was revoked.");
    private static readonly Refusal ReadKey = new(
        403, "key_role", "Read keys cannot query yet: use an admin key, made with 'millrace key create --role admin'.");
    private static readonly Refusal WriteKey = new(
        403, "key_role", "This key may only send events: query with one made with 'millrace key create --role admin'.");

    public bool TryAdmit(
        HttpRequest request, [NotNullWhen(true)] out KeyGrant? grant, [NotNullWhen(false)] out Refusal? refusal)
    {
        Span<byte> key = stackalloc byte[KeyRules.ValueBytesMax];
        var length = PresentedKey.Read(request, key);
        grant = length == 0 ? null : find(key[..length]);
        refusal = length == 0 ? NoKey : grant?.Role switch
        {
            null => UnknownKey,
            KeyRole.Admin => null,
            KeyRole.Read => ReadKey,
            _ => WriteKey,
        };
        return refusal is null;
    }
}
