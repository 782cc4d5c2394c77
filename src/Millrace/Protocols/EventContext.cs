using Millrace.Events;

namespace Millrace.Protocols;

/// <summary>Puts the column <c>context</c> together.</summary>
/// <remarks>
/// First comes what the batch says about all its events, then the event's own context, then <c>extra</c>: what the
/// client itself put there, then the fields without a column. Where names meet the last wins, as with repeated names.
/// An <c>extra</c> of the client that is no object becomes <c>extra.extra</c>, so that nothing is lost. Hot path.
/// </remarks>
internal static class EventContext
{
    private const int ScratchBytes = 4096;

    private static ReadOnlySpan<byte> Extra => "extra"u8;

    /// <param name="raw">The event; its column stays null if all the others are empty.</param>
    /// <param name="shared">The batch's context, an object; empty: none.</param>
    /// <param name="own">The event's context, an object; empty: none.</param>
    /// <param name="others">Members for <c>extra</c>, as they stand between braces.</param>
    public static void Set(
        RawEvent raw, ReadOnlySpan<byte> shared, ReadOnlySpan<byte> own, ReadOnlySpan<byte> others)
    {
        if (others.IsEmpty && (shared.IsEmpty || own.IsEmpty))
        {
            var only = own.IsEmpty ? shared : own;
            if (!only.IsEmpty)
            {
                EventFields.SetJson(raw, EventColumn.Context, only);
            }
            return;
        }
        var scratch = new JsonScratch(stackalloc byte[ScratchBytes]);
        try
        {
            scratch.Append("{"u8);
            scratch.AppendMembers(Inside(shared));
            scratch.AppendMembers(Inside(own));
            if (!others.IsEmpty)
            {
                AppendExtra(ref scratch, Find(own, Extra, Find(shared, Extra, default)), others);
            }
            scratch.Append("}"u8);
            EventFields.SetJson(raw, EventColumn.Context, scratch.Written);
        }
        finally
        {
            scratch.Dispose();
        }
    }

    /// <summary>The value of the last member with a name.</summary>
    /// <param name="json">An object; may be empty.</param>
    /// <param name="name">The name, unescaped.</param>
    /// <param name="otherwise">The answer if there is none.</param>
    public static ReadOnlySpan<byte> Find(
        ReadOnlySpan<byte> json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> otherwise)
    {
        var found = otherwise;
        if (json.IsEmpty)
        {
            return found;
        }
        var members = new JsonMembers(json);
        while (members.MoveNext())
        {
            if (JsonString.Says(members.Name, name))
            {
                found = json[members.Value];
            }
        }
        return found;
    }

    private static void AppendExtra(
        scoped ref JsonScratch scratch, ReadOnlySpan<byte> present, ReadOnlySpan<byte> others)
    {
        scratch.AppendMember(Extra, "{"u8);
        if (!present.IsEmpty && present[0] == '{')
        {
            scratch.AppendMembers(Inside(present));
        }
        else if (!present.IsEmpty && !present.SequenceEqual("null"u8))
        {
            scratch.AppendMember(Extra, present);
        }
        scratch.AppendMembers(others);
        scratch.Append("}"u8);
    }

    private static ReadOnlySpan<byte> Inside(ReadOnlySpan<byte> json) => json.IsEmpty ? json : json[1..^1];
}
