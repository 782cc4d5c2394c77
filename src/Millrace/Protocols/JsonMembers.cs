namespace Millrace.Protocols;

/// <summary>Walks the members of one object, in JSON text that a JSON reader has already accepted.</summary>
/// <remarks>Hot path. Members come as they stand: of equal names the last is the one that counts.</remarks>
internal ref struct JsonMembers
{
    private readonly ReadOnlySpan<byte> _json;
    private int _at;

    /// <param name="json">Text that begins with the object's brace.</param>
    public JsonMembers(ReadOnlySpan<byte> json)
    {
        _json = json;
        _at = 1;
    }

    /// <summary>The inside of the name's string, as written.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>Where the value stands in the text.</summary>
    public Range Value { get; private set; }

    public bool MoveNext()
    {
        _at = JsonScan.SkipSpace(_json, _at);
        if (_json[_at] == ',')
        {
            _at = JsonScan.SkipSpace(_json, _at + 1);
        }
        if (_json[_at] == '}')
        {
            return false;
        }
        var nameEnd = JsonScan.ClosingQuote(_json, _at + 1);
        Name = _json[(_at + 1)..nameEnd];
        var colon = JsonScan.SkipSpace(_json, nameEnd + 1);
        var start = JsonScan.SkipSpace(_json, colon + 1);
        _at = JsonScan.ValueEnd(_json, start);
        Value = start.._at;
        return true;
    }
}
