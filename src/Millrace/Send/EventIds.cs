using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Millrace.Send;

/// <summary>Gives an event without an id one that follows from where it stands, so that sending a file again adds
/// nothing.</summary>
/// <remarks>
/// The id is the first half of SHA-256(the file's absolute path, 0, line number in decimal, 0, the line's bytes) in
/// hexadecimal. The same line twice in one file is two events; a file in another place, or a line that others moved,
/// counts as new. Reuses one buffer: not thread safe.
/// </remarks>
internal sealed class EventIds(string origin)
{
    private static readonly JsonReaderOptions Reading = new() { MaxDepth = 256 };

    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly byte[] _name = Encoding.UTF8.GetBytes(origin);

    /// <returns>The line itself if it has an id or is not one JSON object; else the line with an id, valid until the
    /// next call.</returns>
    public ReadOnlySpan<byte> Complete(ReadOnlySpan<byte> line, long number)
    {
        if (!LacksId(line, out var hasMembers))
        {
            return line;
        }
        _line.ResetWrittenCount();
        _line.Write(line[..line.LastIndexOf((byte)'}')]);
        // Last, because of two equal names the last wins: an empty id that stands before is replaced.
        _line.Write(hasMembers ? ",\"event_id\":\""u8 : "\"event_id\":\""u8);
        WriteId(line, number);
        _line.Write("\"}"u8);
        return _line.WrittenSpan;
    }

    private void WriteId(ReadOnlySpan<byte> line, long number)
    {
        Span<byte> decimals = stackalloc byte[20];
        number.TryFormat(decimals, out var digits, default, System.Globalization.CultureInfo.InvariantCulture);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(_name);
        sha.AppendData("\0"u8);
        sha.AppendData(decimals[..digits]);
        sha.AppendData("\0"u8);
        sha.AppendData(line);
        sha.GetHashAndReset(hash);
        var half = hash[..16];
        Convert.TryToHexStringLower(half, _line.GetSpan(32), out var written);
        _line.Advance(written);
    }

    /// <summary>Whether this is one sound JSON object without an <c>event_id</c> that says something.</summary>
    private static bool LacksId(ReadOnlySpan<byte> line, out bool hasMembers)
    {
        hasMembers = false;
        if (line.IsEmpty || line[0] != '{')
        {
            return false;
        }
        var lacks = true;
        try
        {
            var json = new Utf8JsonReader(line, Reading);
            json.Read();
            while (json.Read())
            {
                if (json.CurrentDepth != 1 || json.TokenType != JsonTokenType.PropertyName)
                {
                    continue;
                }
                hasMembers = true;
                var isId = json.ValueTextEquals("event_id"u8);
                json.Read();
                if (isId)
                {
                    lacks = json.TokenType == JsonTokenType.Null ||
                        (json.TokenType == JsonTokenType.String && json.ValueSpan.IsEmpty);
                }
                json.Skip();
            }
            return lacks;
        }
        catch (JsonException)
        {
            return false; // The server names what is wrong with it.
        }
    }
}
