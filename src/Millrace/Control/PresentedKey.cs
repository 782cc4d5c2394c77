using System.Text;
using Microsoft.AspNetCore.Http;

namespace Millrace.Control;

/// <summary>Finds the key that a request shows in a header or its query, where every vendor and every client of ours
/// puts it: Bearer, Basic <c>KEY:</c>, X-Write-Key, <c>?write_key=</c>, <c>?writeKey=</c>; the first one
/// counts.</summary>
/// <remarks>Hot path. A key longer than any of ours reads as one that nobody knows.</remarks>
internal static class PresentedKey
{
    private const string Bearer = "Bearer ";
    private const string Basic = "Basic ";

    private static ReadOnlySpan<byte> TooLong => "-"u8;

    /// <summary>Copies the key in UTF-8.</summary>
    /// <param name="key">At least <see cref="KeyRules.ValueBytesMax"/> bytes.</param>
    /// <returns>Bytes copied; 0: the request shows no key.</returns>
    public static int Read(HttpRequest request, Span<byte> key)
    {
        var authorization = request.Headers.Authorization.Count > 0 ? request.Headers.Authorization[0].AsSpan()
            : default;
        var length = authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            ? Copy(authorization[Bearer.Length..].Trim(), key)
            : authorization.StartsWith(Basic, StringComparison.OrdinalIgnoreCase)
                ? ReadBasic(authorization[Basic.Length..].Trim(), key) : 0;
        if (length == 0 && request.Headers.TryGetValue("X-Write-Key", out var header) && header.Count > 0)
        {
            length = Copy(header[0].AsSpan().Trim(), key);
        }
        return length > 0 || !request.QueryString.HasValue ? length
            : ReadQuery(request.QueryString.Value.AsSpan(1), key);
    }

    // The user name is the key; it may hold colons itself, the password is empty.
    private static int ReadBasic(ReadOnlySpan<char> base64, Span<byte> key)
    {
        Span<byte> text = stackalloc byte[KeyRules.ValueBytesMax + 2];
        if (!Convert.TryFromBase64Chars(base64, text, out var length))
        {
            return base64.IsEmpty ? 0 : Put(TooLong, key);
        }
        var colon = text[..length].LastIndexOf((byte)':');
        var user = text[..(colon < 0 ? length : colon)];
        return user.Length > KeyRules.ValueBytesMax ? Put(TooLong, key) : Put(user, key);
    }

    private static int ReadQuery(ReadOnlySpan<char> query, Span<byte> key)
    {
        foreach (var range in query.Split('&'))
        {
            var pair = query[range];
            var equals = pair.IndexOf('=');
            if (equals > 0 && pair[..equals] is "write_key" or "writeKey")
            {
                var value = pair[(equals + 1)..];
                return value.Contains('%') ? Copy(Uri.UnescapeDataString(value), key) : Copy(value, key);
            }
        }
        return 0;
    }

    private static int Copy(ReadOnlySpan<char> value, Span<byte> key) =>
        Encoding.UTF8.TryGetBytes(value, key, out var length) ? length : Put(TooLong, key);

    private static int Put(ReadOnlySpan<byte> value, Span<byte> key)
    {
        value.CopyTo(key);
        return value.Length;
    }
}
