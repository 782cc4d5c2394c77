using System.Text.Json;
using Millrace.Events;

namespace Millrace.Protocols;

/// <summary>Finds the events of a Segment body, and what a batch says about all of them. Hot path.</summary>
internal static class SegmentBody
{
    /// <summary>Bytes that the rows of one batch may have in common, all copies together: a small body must not become
    /// rows without bound.</summary>
    private const long SharedBytesMax = 64_000_000;

    private const int Batch = 0;
    private const int WriteKey = 1;
    private const int SentAt = 2;
    private const int Context = 3;
    private const int Integrations = 4;

    private static readonly JsonNames Names = new(
        ("batch", Batch), ("writeKey", WriteKey), ("sentAt", SentAt), ("context", Context),
        ("integrations", Integrations));

    /// <param name="isBatch">The events stand in the member <c>batch</c>; else the body is one event.</param>
    public static Refusal? Shape(ReadOnlySpan<byte> body, bool isBatch, BodyShape shape)
    {
        if (!JsonBlock.IsFast || !TrySkim(body, isBatch, shape, out var hasBatch))
        {
            shape.Clear();
            if (!TryRead(body, isBatch, shape, out hasBatch))
            {
                return BodyReader.WhyNot(body);
            }
        }
        return isBatch && !hasBatch ? Refusal.BatchMissing
            : shape.SharedBytes * shape.Events.Count > SharedBytesMax ? Refusal.BatchExpands : null;
    }

    /// <summary>Goes through a body that is a sound object and holds no events but objects and arrays.</summary>
    internal static bool TrySkim(ReadOnlySpan<byte> body, bool isBatch, BodyShape shape, out bool hasBatch)
    {
        hasBatch = false;
        var skim = new JsonSkim(body);
        var start = skim.Next();
        if (skim.At(start) != '{')
        {
            return false;
        }
        int end;
        do
        {
            var name = skim.Next();
            var at = name;
            // With the colon behind it the name has its closing quote, and its escapes were seen.
            if (!skim.TryName(ref at) || skim.IsBroken)
            {
                return false;
            }
            var slot = Names.Find(body[(name + 1)..JsonScan.ClosingQuote(body, name + 1)]);
            var isArray = skim.At(at) == '[';
            if (isBatch && slot == Batch)
            {
                shape.Events.Clear();
                hasBatch = isArray;
            }
            var isSkimmed = isBatch && slot == Batch && isArray
                ? skim.TryElements(BodyReader.DepthMax - 2, shape.Events, out end)
                : skim.TrySkipValue(at, BodyReader.DepthMax - 1, out end);
            if (!isSkimmed)
            {
                return false;
            }
            Take(body, at..end, slot, isBatch, shape);
            end = skim.Next();
        }
        while (skim.At(end) == ',');
        if (skim.At(end) != '}' || skim.Next() != body.Length || !skim.IsSound)
        {
            return false;
        }
        if (!isBatch)
        {
            shape.Events.Add(start..(end + 1));
        }
        return true;
    }

    /// <summary>The same for every body, by the reader whose word counts.</summary>
    /// <returns>False: it is no JSON.</returns>
    internal static bool TryRead(ReadOnlySpan<byte> body, bool isBatch, BodyShape shape, out bool hasBatch)
    {
        hasBatch = false;
        var reader = BodyReader.Create(body);
        try
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                hasBatch = ReadObject(body, ref reader, isBatch, shape);
            }
            else
            {
                reader.Skip();
            }
            var end = (int)reader.BytesConsumed;
            // Anything but white space that follows makes the reader throw.
            reader.Read();
            if (!isBatch)
            {
                shape.Events.Add(JsonScan.SkipSpace(body, 0)..end);
            }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool ReadObject(ReadOnlySpan<byte> body, ref Utf8JsonReader reader, bool isBatch, BodyShape shape)
    {
        var hasBatch = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var slot = Names.Find(reader.ValueSpan);
            reader.Read();
            if (isBatch && slot == Batch)
            {
                shape.Events.Clear();
                hasBatch = reader.TokenType == JsonTokenType.StartArray;
                if (hasBatch)
                {
                    BodyReader.AddEvents(ref reader, shape);
                }
                reader.Skip();
            }
            else
            {
                Take(body, BodyReader.Take(ref reader), slot, isBatch, shape);
            }
        }
        return hasBatch;
    }

    // Of members with one name the last counts, also if it says nothing.
    private static void Take(ReadOnlySpan<byte> body, Range place, int slot, bool isBatch, BodyShape shape)
    {
        var first = body[place.Start];
        switch (slot)
        {
            case WriteKey:
                var isPlainText = first == '"' && !JsonString.IsEscaped(body[place]);
                shape.Key = isPlainText ? (place.Start.Value + 1)..(place.End.Value - 1) : default;
                break;
            case SentAt when isBatch:
                shape.SentAt = first == 'n' ? default : place;
                break;
            case Context when isBatch:
                shape.Context = first == '{' ? place : default;
                break;
            case Integrations when isBatch:
                shape.Integrations = first == 'n' ? default : place;
                break;
            default:
                break;
        }
    }
}
