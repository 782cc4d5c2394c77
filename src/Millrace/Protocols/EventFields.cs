using System.Buffers.Text;
using Millrace.Events;

namespace Millrace.Protocols;

/// <summary>The fields of one event by slot, read into columns; a field that is <c>null</c> counts as absent.</summary>
/// <remarks>Hot path. Of fields with the same name the last counts.</remarks>
internal readonly ref struct EventFields
{
    private readonly ReadOnlySpan<byte> _json;
    private readonly ReadOnlySpan<Range> _places;
    private readonly JsonNames _names;

    /// <param name="json">The event: an object.</param>
    /// <param name="names">The fields to look for.</param>
    /// <param name="places">Room for a place per slot, all zero.</param>
    /// <param name="others">Gets the members whose names are not looked for.</param>
    public EventFields(ReadOnlySpan<byte> json, JsonNames names, Span<Range> places, scoped ref JsonScratch others)
    {
        var members = new JsonMembers(json);
        while (members.MoveNext())
        {
            var slot = names.Find(members.Name);
            if (slot < 0)
            {
                others.AppendMember(members.Name, json[members.Value]);
            }
            else
            {
                places[slot] = members.Value;
            }
        }
        _json = json;
        _names = names;
        _places = places;
    }

    /// <summary>The JSON text of a field; empty: absent or null.</summary>
    public ReadOnlySpan<byte> this[int slot]
    {
        get
        {
            var place = _places[slot];
            var start = place.Start.Value;
            // Most fields are absent, and of all JSON values only null begins with an n.
            return place.End.Value == 0 || _json[start] == 'n' ? default : _json[start..place.End.Value];
        }
    }

    /// <summary>Fails what no protocol can read as an event.</summary>
    public static bool CanBeRead(ReadOnlySpan<byte> json, RawEvent raw)
    {
        if (json.IsEmpty || json[0] != '{')
        {
            raw.Fail(EventFailure.NotAnObject);
        }
        return raw.Failure is null;
    }

    /// <summary>Sets a text column to what a JSON string says.</summary>
    public static void SetString(RawEvent raw, EventColumn column, ReadOnlySpan<byte> json)
    {
        var inside = json[1..^1];
        if (!JsonString.IsEscaped(inside))
        {
            raw.Set(column, inside);
            return;
        }
        raw.Shorten(column, JsonString.Unescape(inside, raw.Reserve(column, inside.Length)));
    }

    /// <summary>Sets a column to the text of a JSON value.</summary>
    public static void SetJson(RawEvent raw, EventColumn column, ReadOnlySpan<byte> json) =>
        raw.Shorten(column, JsonText.Copy(json, raw.Reserve(column, json.Length)));

    /// <summary>A JSON number between two bounds.</summary>
    public static double? Number(ReadOnlySpan<byte> json, double min, double max) =>
        Utf8Parser.TryParse(json, out double number, out var read) && read == json.Length && json[0] is not (byte)'"'
        && number >= min && number <= max ? number : null;

    public void SetTexts(RawEvent raw, ReadOnlySpan<EventColumn> columns)
    {
        foreach (var column in columns)
        {
            SetText(raw, column);
        }
    }

    /// <summary>Sets a column whose slot is its own number.</summary>
    public void SetText(RawEvent raw, EventColumn column)
    {
        var value = this[(int)column];
        // An empty id names nothing: kept, it would make one event of all that carry it.
        if (value.IsEmpty || (column == EventColumn.EventId && value.SequenceEqual("\"\""u8)))
        {
            return;
        }
        if (value[0] == '"')
        {
            SetString(raw, column, value);
        }
        else
        {
            raw.Fail(EventFailure.WrongType(_names.Name((int)column), "a string"));
        }
    }

    public double? Degrees(RawEvent raw, EventColumn column, double max)
    {
        var value = this[(int)column];
        if (value.IsEmpty)
        {
            return null;
        }
        var degrees = Number(value, -max, max);
        if (degrees is null)
        {
            raw.Fail(EventFailure.WrongType(_names.Name((int)column), $"a number from -{max} to {max}"));
        }
        return degrees;
    }

    public bool? Flag(RawEvent raw, EventColumn column)
    {
        var value = this[(int)column];
        if (value.IsEmpty)
        {
            return null;
        }
        if (value[0] is not ((byte)'t' or (byte)'f'))
        {
            raw.Fail(EventFailure.WrongType(_names.Name((int)column), "true or false"));
        }
        return value[0] == 't';
    }

    /// <summary>An object; empty: absent, or failed because it is something else.</summary>
    public ReadOnlySpan<byte> Object(RawEvent raw, int slot)
    {
        var value = this[slot];
        if (value.IsEmpty || value[0] == '{')
        {
            return value;
        }
        raw.Fail(EventFailure.WrongType(_names.Name(slot), "an object"));
        return default;
    }

    /// <summary>A time; null: absent, or not readable, and then its text is kept among
    /// <paramref name="others"/>.</summary>
    public long? Time(int slot, scoped ref JsonScratch others) => Time(this[slot], slot, ref others);

    /// <param name="value">JSON text of the time, which may stand elsewhere than in the event.</param>
    /// <param name="slot">The field it belongs to.</param>
    /// <param name="others">Gets what cannot be read.</param>
    public long? Time(ReadOnlySpan<byte> value, int slot, scoped ref JsonScratch others)
    {
        if (value.IsEmpty)
        {
            return null;
        }
        if (EventTimes.TryRead(value, out var micros))
        {
            return micros;
        }
        others.AppendMember(_names.NameUtf8(slot), value);
        return null;
    }

    /// <summary>Moves a field that this event has no column for to the others.</summary>
    public void LeaveTo(scoped ref JsonScratch others, int slot)
    {
        var value = this[slot];
        if (!value.IsEmpty)
        {
            others.AppendMember(_names.NameUtf8(slot), value);
        }
    }
}
