using System.Buffers.Binary;

namespace Millrace.Events;

/// <summary>What a record of the log carries.</summary>
internal enum EnvelopeKind : byte { Batch = 1, Control = 2, Refusals = 3 }

/// <summary>Whether a payload could be read as an envelope.</summary>
internal enum EnvelopeState
{
    Sound,

    /// <summary>It is no envelope at all: its events count as damaged.</summary>
    Malformed,

    /// <summary>A newer Millrace wrote it: reading on would lose what it means.</summary>
    Newer,
}

/// <summary>What Collect knew about a body, as the log keeps it in front of the body
/// (docs/formats/envelope.md).</summary>
/// <remarks>
/// <code>
///  0         1      2           4                8
///  ├─────────┼──────┼───────────┼────────────────┼── fields ──────────┬── body ──┐
///  │ version │ kind │ zero      │ fields length  │ tag, length, value…│          │
///  │   u8    │  u8  │   u16     │     u32        │ u8   u32     bytes │          │
/// </code>
/// Hot path: reading allocates nothing; spans point into the record.
/// </remarks>
internal readonly ref struct Envelope
{
    private const byte Version = 1;
    private const int HeaderBytes = 8;
    private const byte CriticalTagMin = 128;
    private const int FieldHeaderBytes = 5;

    private enum Tag : byte
    {
        Tenant = 1, Source = 2, Protocol = 3, Route = 4, ClientAddress = 5, Header = 6, History = 9, Shared = 10,
    }

    public EnvelopeKind Kind { get; private init; }

    public ReadOnlySpan<byte> Tenant { get; init; }

    public ReadOnlySpan<byte> Source { get; init; }

    public ReadOnlySpan<byte> Protocol { get; init; }

    public ReadOnlySpan<byte> Route { get; init; }

    /// <summary>4 or 16 bytes in network order; empty: not known.</summary>
    public ReadOnlySpan<byte> ClientAddress { get; init; }

    /// <summary>The header <c>user-agent</c>; empty: none.</summary>
    public ReadOnlySpan<byte> UserAgent { get; init; }

    public bool IsHistory { get; init; }

    /// <summary>JSON object of what all events of a body share; in <c>failed_events.envelope</c> only.</summary>
    public ReadOnlySpan<byte> Shared { get; init; }

    public ReadOnlySpan<byte> Body { get; private init; }

    private static ReadOnlySpan<byte> UserAgentName => "user-agent"u8;

    /// <summary>Reads a payload.</summary>
    public static EnvelopeState TryRead(ReadOnlySpan<byte> payload, out Envelope envelope)
    {
        envelope = default;
        if (payload.Length < HeaderBytes || payload[0] == 0)
        {
            return EnvelopeState.Malformed;
        }
        var fieldsBytes = BinaryPrimitives.ReadUInt32LittleEndian(payload[4..]);
        if (payload[0] > Version || !Enum.IsDefined((EnvelopeKind)payload[1]))
        {
            return EnvelopeState.Newer;
        }
        if (fieldsBytes > (uint)(payload.Length - HeaderBytes))
        {
            return EnvelopeState.Malformed;
        }
        var fields = payload.Slice(HeaderBytes, (int)fieldsBytes);
        var body = payload[(HeaderBytes + (int)fieldsBytes)..];
        return TryReadFields((EnvelopeKind)payload[1], fields, body, out envelope);
    }

    /// <summary>Writes the envelope of a body, without the body.</summary>
    /// <returns>The bytes written.</returns>
    public static int Write(Span<byte> target, EnvelopeKind kind, in Envelope envelope)
    {
        var at = HeaderBytes;
        at += WriteField(target[at..], Tag.Tenant, envelope.Tenant);
        at += WriteField(target[at..], Tag.Source, envelope.Source);
        at += WriteField(target[at..], Tag.Protocol, envelope.Protocol);
        at += WriteField(target[at..], Tag.Route, envelope.Route);
        at += WriteField(target[at..], Tag.ClientAddress, envelope.ClientAddress);
        if (!envelope.UserAgent.IsEmpty)
        {
            var start = at;
            at += FieldHeaderBytes;
            target[at++] = (byte)UserAgentName.Length;
            UserAgentName.CopyTo(target[at..]);
            at += UserAgentName.Length;
            envelope.UserAgent.CopyTo(target[at..]);
            at += envelope.UserAgent.Length;
            WriteFieldHeader(target[start..], Tag.Header, at - start - FieldHeaderBytes);
        }
        at += WriteField(target[at..], Tag.Shared, envelope.Shared);
        if (envelope.IsHistory)
        {
            WriteFieldHeader(target[at..], Tag.History, 0);
            at += FieldHeaderBytes;
        }
        target[0] = Version;
        target[1] = (byte)kind;
        BinaryPrimitives.WriteUInt16LittleEndian(target[2..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], (uint)(at - HeaderBytes));
        return at;
    }

    /// <summary>An upper bound of what <see cref="Write"/> needs.</summary>
    public static int BytesMax(in Envelope envelope) =>
        HeaderBytes + 9 * FieldHeaderBytes + 1 + UserAgentName.Length + envelope.Tenant.Length + envelope.Source.Length
        + envelope.Protocol.Length + envelope.Route.Length + envelope.ClientAddress.Length + envelope.UserAgent.Length
        + envelope.Shared.Length;

    private static EnvelopeState TryReadFields(
        EnvelopeKind kind, ReadOnlySpan<byte> fields, ReadOnlySpan<byte> body, out Envelope envelope)
    {
        ReadOnlySpan<byte> tenant = default, source = default, protocol = default, route = default;
        ReadOnlySpan<byte> address = default, userAgent = default, shared = default;
        var isHistory = false;
        envelope = default;
        while (!fields.IsEmpty)
        {
            if (fields.Length < FieldHeaderBytes
                || BinaryPrimitives.ReadUInt32LittleEndian(fields[1..]) > (uint)(fields.Length - FieldHeaderBytes))
            {
                return EnvelopeState.Malformed;
            }
            var value = fields.Slice(FieldHeaderBytes, (int)BinaryPrimitives.ReadUInt32LittleEndian(fields[1..]));
            switch ((Tag)fields[0])
            {
                case Tag.Tenant: tenant = value; break;
                case Tag.Source: source = value; break;
                case Tag.Protocol: protocol = value; break;
                case Tag.Route: route = value; break;
                case Tag.ClientAddress: address = value; break;
                case Tag.History: isHistory = true; break;
                case Tag.Shared: shared = value; break;
                case Tag.Header when HeaderValue(value, UserAgentName, out var found): userAgent = found; break;
                case >= (Tag)CriticalTagMin: return EnvelopeState.Newer;
                default: break;
            }
            fields = fields[(FieldHeaderBytes + value.Length)..];
        }
        envelope = new Envelope
        {
            Kind = kind, Tenant = tenant, Source = source, Protocol = protocol, Route = route,
            ClientAddress = address, UserAgent = userAgent, IsHistory = isHistory, Shared = shared, Body = body,
        };
        return EnvelopeState.Sound;
    }

    private static bool HeaderValue(ReadOnlySpan<byte> field, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var isNamed = field.Length > name.Length && field[0] == name.Length && field[1..].StartsWith(name);
        value = isNamed ? field[(1 + name.Length)..] : default;
        return isNamed;
    }

    private static int WriteField(Span<byte> target, Tag tag, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return 0;
        }
        WriteFieldHeader(target, tag, value.Length);
        value.CopyTo(target[FieldHeaderBytes..]);
        return FieldHeaderBytes + value.Length;
    }

    private static void WriteFieldHeader(Span<byte> target, Tag tag, int length)
    {
        target[0] = (byte)tag;
        BinaryPrimitives.WriteUInt32LittleEndian(target[1..], (uint)length);
    }
}
