using System.Text;

namespace Millrace.Generate;

/// <summary>Writes native events: one object a line, 600 to 900 bytes. Hot path: no allocation.</summary>
internal sealed class EventWriter(TrafficPlan plan, LineBuffer line, Chance chance)
{
    private static readonly byte[][] NotObjects =
        [.. new[] { "42", "-1.5e3", "\"event\"", "true", "null", "\"{}\"" }.Select(Encoding.UTF8.GetBytes)];

    /// <summary>Members after which a column holds a type it cannot; of duplicate keys the last wins.</summary>
    private static readonly byte[][] WrongTypes =
    [
        .. new[]
        {
            ",\"user_id\":{\"id\":7}", ",\"latitude\":{\"deg\":52}", ",\"session_id\":[1,2]",
            ",\"os\":{\"name\":\"iOS\"}", ",\"longitude\":[13.4]", ",\"anonymous_id\":[]",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    private static readonly byte[][] UnreadableTimes =
    [
        .. new[] { "yesterday evening", "2026-13-45T99:99:99Z", "", "0000-00-00", "soon", "T", "N/A" }
            .Select(Encoding.UTF8.GetBytes),
    ];

    private readonly byte[][] _tenants = [.. Enumerable.Range(0, plan.Tenants).Select(tenant =>
        Encoding.UTF8.GetBytes($"\"tenant\":\"{TrafficPlan.TenantName(tenant)}\","))];

    private readonly byte[][] _hosts = [.. Enumerable.Range(0, plan.Tenants).Select(tenant =>
        Encoding.UTF8.GetBytes($"www.{TrafficPlan.TenantName(tenant)}.example"))];

    private readonly ulong _seed = (ulong)plan.Seed;

    /// <summary>Replaces the line by this event.</summary>
    public void Write(in Session session, Moment moment, Dirt dirt)
    {
        line.Clear();
        if (dirt == Dirt.NotAnObject)
        {
            line.Raw(NotObjects[chance.Below(NotObjects.Length)]);
            return;
        }
        var visitor = new Visitor(_seed, session.Tenant, session.User, session.Kind);
        line.Raw("{"u8);
        if (plan.WritesTenant)
        {
            line.Raw(_tenants[session.Tenant]);
        }
        WriteCall(session.Next, dirt);
        line.Raw(",\"event_id\":\""u8).Uuid(chance.Next(), chance.Next()).Raw("\""u8);
        WriteTimes(moment, visitor);
        WriteWho(session, visitor);
        line.Raw(visitor.Device.Columns);
        WritePlace(visitor);
        WritePage(session, visitor);
        if (dirt == Dirt.WrongType)
        {
            line.Raw(WrongTypes[chance.Below(WrongTypes.Length)]);
        }
        if (dirt == Dirt.Hostile)
        {
            line.Raw(",\"utm_content\":\""u8).Raw(Naughty()).Raw("\""u8);
        }
        line.Raw(",\"properties\":{"u8);
        WriteProperties(session, dirt);
        line.Raw("},\"context\":"u8).Raw(visitor.Device.Context).Raw("}}"u8);
    }

    private void WriteCall(TrafficEvent call, Dirt dirt)
    {
        if (dirt != Dirt.MissingEvent)
        {
            line.Raw(TrafficEvents.Opening(call));
            return;
        }
        line.Raw("\"type\":\"track\""u8).Raw(chance.Below(3) switch
        {
            0 => ",\"event\":\"\""u8,
            1 => ",\"event\":null"u8,
            _ => default,
        });
    }

    private void WriteTimes(Moment moment, in Visitor visitor)
    {
        var offset = visitor.WritesOffsets ? visitor.City.OffsetMinutes : 0;
        line.Raw(",\"event_time\":\""u8);
        if (moment.ClientMilliseconds is { } client)
        {
            line.Time(client, offset);
        }
        else
        {
            line.Raw(UnreadableTimes[chance.Below(UnreadableTimes.Length)]);
        }
        line.Raw("\""u8);
        if (moment.SentMilliseconds is { } sent)
        {
            line.Raw(",\"sent_time\":\""u8).Time(sent, offset).Raw("\""u8);
        }
    }

    private void WriteWho(in Session session, in Visitor visitor)
    {
        if (session.IsKnown)
        {
            line.Raw(",\"user_id\":\"u-"u8).Digits(session.User, 6).Raw("\""u8);
        }
        line.Raw(",\"anonymous_id\":\""u8).Uuid(visitor.Bits(8), visitor.Bits(9)).Raw("\""u8);
        if (visitor.Device.Kind == DeviceKind.App)
        {
            line.Raw(",\"device_id\":\""u8).Uuid(visitor.Bits(10), visitor.Bits(11)).Raw("\""u8);
        }
        line.Raw(",\"session_id\":\""u8).Hex(session.Id, 16).Raw("\""u8);
    }

    private void WritePlace(in Visitor visitor)
    {
        line.Raw(",\"latitude\":"u8).Degrees(visitor.Latitude).Raw(",\"longitude\":"u8).Degrees(visitor.Longitude)
            .Raw(visitor.City.Columns);
    }

    private void WritePage(in Session session, in Visitor visitor)
    {
        if (visitor.Device.Kind == DeviceKind.App)
        {
            line.Raw(",\"name\":\"Screen "u8).Whole(session.Page).Raw("\""u8);
            return;
        }
        line.Raw(",\"url\":\"https://"u8).Raw(_hosts[session.Tenant]).Raw("/p/"u8).Whole(session.Page)
            .Raw("?ref=home\",\"title\":\"Corner Shop – page "u8).Whole(session.Page).Raw("\""u8);
        if (session.Next == TrafficEvent.Page)
        {
            line.Raw(Shop.Arrival(Chance.ToUnit(session.Id)));
        }
    }

    private void WriteProperties(in Session session, Dirt dirt)
    {
        if (dirt == Dirt.Oversized)
        {
            line.Raw("\"attachment\":\""u8).Fill((byte)'x', TrafficModel.OversizedBytes).Raw("\","u8);
        }
        if (dirt == Dirt.Hostile)
        {
            line.Raw("\"comment\":\""u8).Raw(Naughty()).Raw("\","u8);
        }
        WriteCallProperties(session, dirt);
        line.Raw("\"page_number\":"u8).Whole(session.Page);
        if (dirt == Dirt.SchemaViolation)
        {
            // A number where text belongs, text where a number belongs, and a name nobody declared.
            line.Raw(",\"quantity\":\"two\",\"price\":\"12,90 EUR\",\"colour \":7"u8);
        }
    }

    private ReadOnlySpan<byte> Naughty() => NaughtyStrings.Of(chance.Below(NaughtyStrings.Count));

    private void WriteCallProperties(in Session session, Dirt dirt)
    {
        switch (session.Next)
        {
            case TrafficEvent.ProductView or TrafficEvent.AddToCart:
                line.Raw(Shop.Item(session.Item));
                if (dirt != Dirt.SchemaViolation)
                {
                    line.Raw(",\"price\":"u8).Cents(Shop.PriceCents(session.Item));
                }
                line.Raw(",\"currency\":\"EUR\","u8);
                break;
            case TrafficEvent.Checkout or TrafficEvent.Purchase:
                var cents = (long)(100 * chance.LogNormal(TrafficModel.RevenueMedian, TrafficModel.RevenueSigma));
                line.Raw("\"order_id\":\"o-"u8).Hex(session.Id, 12).Raw("\",\"revenue\":"u8).Cents(cents)
                    .Raw(",\"currency\":\"EUR\",\"items\":["u8).Raw("{"u8).Raw(Shop.Item(session.Item)).Raw("}],"u8);
                break;
            case TrafficEvent.Search:
                line.Raw("\"term\":\""u8).Raw(Shop.Term(chance.Below(64))).Raw("\",\"results\":"u8)
                    .Whole(chance.Below(400)).Raw(","u8);
                break;
            case TrafficEvent.Identify:
                line.Raw("\"email\":\"u"u8).Digits(session.User, 6).Raw("@example.com\",\"plan\":\"club\","u8);
                break;
            default:
                line.Raw("\"scroll\":"u8).Whole(chance.Below(101)).Raw(",\"load_ms\":"u8)
                    .Whole(80 + chance.Below(2_400)).Raw(","u8);
                break;
        }
    }
}
