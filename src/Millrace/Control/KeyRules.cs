using System.Security.Cryptography;
using System.Text;

namespace Millrace.Control;

/// <summary>What a tenant, a source and a key may look like, and how a key is made.</summary>
internal static class KeyRules
{
    public const int ValueCharsMin = 32;

    /// <summary>More cannot be a key of ours: looking it up is not worth the hash.</summary>
    public const int ValueBytesMax = 256;

    private const int SourceBytesMax = 255;
    private const int TenantCharsMax = 63;
    private const int RandomChars = 36;
    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>A new key: 214 random bits behind a prefix that says what it is to whoever finds it.</summary>
    public static string MakeValue(KeyRole role) =>
        $"mr_{Letter(role)}_{RandomNumberGenerator.GetString(Base62, RandomChars)}";

    /// <summary>A new id: short, and never derived from the key.</summary>
    public static string MakeId() => RandomNumberGenerator.GetString(Base62[..36].ToLowerInvariant(), 12);

    /// <summary>What is wrong with the parts of a key, as a sentence; null: nothing.</summary>
    public static string? Fault(NewKey key) =>
        key.Tenant.Length > 0 && !IsTenant(key.Tenant)
            ? "A tenant is 1 to 63 of a-z, 0-9, '_' and '-', beginning with a letter or digit."
        : key.Tenant.Length == 0 && key.Role != KeyRole.Admin
            ? $"A {key.Role.ToString().ToLowerInvariant()} key belongs to a tenant: give --tenant."
        : Encoding.UTF8.GetByteCount(key.Source) > SourceBytesMax || key.Source.Any(char.IsControl)
            ? "A source is at most 255 bytes of text without control characters."
        : key.Value is { } value && !IsValue(value)
            ? "A key value has 32 to 256 printable ASCII characters, without space, quote or backslash."
        : null;

    public static bool IsTenant(string tenant) =>
        tenant.Length is > 0 and <= TenantCharsMax
            && (char.IsAsciiLetterLower(tenant[0]) || char.IsAsciiDigit(tenant[0]))
        && tenant.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-');

    // A quote or backslash would have to be escaped in a JSON body, where keys are compared as they stand.
    public static bool IsValue(string value) => value.Length is >= ValueCharsMin and <= ValueBytesMax
        && value.All(c => c is > ' ' and < (char)127 and not ('"' or '\\'));

    private static char Letter(KeyRole role) => role switch { KeyRole.Write => 'w', KeyRole.Read => 'r', _ => 'a' };
}

/// <summary>A key to be made.</summary>
/// <param name="Value">Null: one is made.</param>
internal sealed record NewKey(KeyRole Role, string Tenant, string Source, string? Value);
