using System.Buffers.Binary;

namespace Millrace.Events;

/// <summary>What a record of the log carries.</summary>
internal enum EnvelopeKind : byte { Batch = 1, Control = 2, Refusals = 3 }

/// <summary>What Collect knew about a body, as the log keeps it in front of the body (docs/formats/envelope.md).</summary>
/// <remarks>
/// <code>
///  0         1      2           4                8
///  ├─────────┼──────┼───────────┼────────────────┼── fields ──────────┬── body ──┐
///  │ version │ kind │ zero      │ fields length  │ tag, length, value…│          │
///  │   u8    │  u8  │   u16     │     u32        │ u8   u16     bytes │          │
/// </code>
/// Hot path: reading allocates nothing; spans point into the record.
/// </remarks>
internal readonly ref struct Envelope
{
    private const byte Version = 1;
    private const int HeaderBytes = 8;
    private const int FieldHeaderBytes = 3;

    private enum Tag : byte
    {
        Tenant = 1, Source = 2, Protocol = 3, Route = 4, ClientAddress = 5, Header = 6, Query = 7, Origin = 8, History = 9,
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

    public ReadOnlySpan<byte> Body { get; private init; }

    private static ReadOnlySpan<byte> UserAgentName => "user-agent"u8;

    /// <summary>Reads a payload.</summary>
    /// <exception cref="InvalidDataException">It was written by a newer Millrace, or by none.</exception>
    public static Envelope Read(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < HeaderBytes || payload[0] == 0)
        {
            throw new InvalidDataException("A log record carries no envelope.");
        }
        if (payload[0] > Version)
        {
            throw new InvalidDataException($"A log record has envelope version {payload[0]}: a newer Millrace wrote it.");
        }
        var fieldsBytes = BinaryPrimitives.ReadUInt32LittleEndian(payload[4..]);
        if (fieldsBytes > (uint)(payload.Length - HeaderBytes))
        {
            throw new InvalidDataException("A log record's envelope is longer than the record.");
        }
        var fields = payload.Slice(HeaderBytes, (int)fieldsBytes);
        return ReadFields((EnvelopeKind)payload[1], fields, payload[(HeaderBytes + (int)fieldsBytes)..]);
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
        HeaderBytes + 8 * FieldHeaderBytes + 1 + UserAgentName.Length + envelope.Tenant.Length + envelope.Source.Length
        + envelope.Protocol.Length + envelope.Route.Length + envelope.ClientAddress.Length + envelope.UserAgent.Length;

    private static Envelope ReadFields(EnvelopeKind kind, ReadOnlySpan<byte> fields, ReadOnlySpan<byte> body)
    {
        ReadOnlySpan<byte> tenant = default, source = default, protocol = default, route = default;
        ReadOnlySpan<byte> address = default, userAgent = default;
        var isHistory = false;
        while (!fields.IsEmpty)
        {
            var length = fields.Length < FieldHeaderBytes ? int.MaxValue
                : BinaryPrimitives.ReadUInt16LittleEndian(fields[1..]);
            if (length > fields.Length - FieldHeaderBytes)
            {
                throw new InvalidDataException("A field of a log record's envelope is cut off.");
            }
            var value = fields.Slice(FieldHeaderBytes, length);
            switch ((Tag)fields[0])
            {
                case Tag.Tenant: tenant = value; break;
                case Tag.Source: source = value; break;
                case Tag.Protocol: protocol = value; break;
                case Tag.Route: route = value; break;
                case Tag.ClientAddress: address = value; break;
                case Tag.History: isHistory = true; break;
                case Tag.Header when HeaderValue(value, UserAgentName, out var found): userAgent = found; break;
                default: break;
            }
            fields = fields[(FieldHeaderBytes + length)..];
        }
        return new Envelope
        {
            Kind = kind, Tenant = tenant, Source = source, Protocol = protocol, Route = route,
            ClientAddress = address, UserAgent = userAgent, IsHistory = isHistory, Body = body,
        };
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
        BinaryPrimitives.WriteUInt16LittleEndian(target[1..], checked((ushort)length));
    }
}
