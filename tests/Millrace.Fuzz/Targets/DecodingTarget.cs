using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Millrace.Events;
using Millrace.Protocols;

namespace Millrace.Fuzz.Targets;

/// <summary>Bodies through a protocol: what it accepts must say in columns and stored text what System.Text.Json reads
/// in the body.</summary>
internal sealed class DecodingTarget(IProtocol protocol, ProtocolRoute route, EventModel model)
{
    private readonly BodyShape _shape = new();
    private readonly RawEvent _raw = new();

    public void Run(byte[] body)
    {
        if (!Utf8.IsValid(body))
        {
            return;
        }
        _shape.Clear();
        var refusal = protocol.Shape(body, route, _shape);
        var whole = Parse(body);
        FindingException.ThrowIf(whole is not null && refusal?.Code is "invalid_json", "It refuses sound JSON.");
        FindingException.ThrowIf(whole is null && refusal is null && !MayHoldMany, "It accepts broken JSON.");
        if (refusal is not null)
        {
            return;
        }
        for (var index = 0; index < _shape.Events.Count; index++)
        {
            _raw.Clear();
            var received = new ReceivedEvent { Body = body, Shape = _shape, Index = index, Route = route };
            protocol.Decode(received, _raw);
            Check(received);
        }
    }

    private bool MayHoldMany => protocol is NativeProtocol;

    private void Check(in ReceivedEvent received)
    {
        var json = Parse(received.Json) ?? throw new FindingException("An event is no JSON.");
        var shared = received.Shape.Context.Equals(default) ? Json.Object()
            : Json.Parse(received.Body[received.Shape.Context]);
        var expected = json.IsObject ? model.Of(json, shared, received, _raw) : null;
        if (_raw.Failure is not null || expected is null)
        {
            FindingException.ThrowIf(_raw.Failure is null, "An event that must fail does not.");
            FindingException.ThrowIf(expected is not null, $"A good event fails: {_raw.Failure}");
            return;
        }
        foreach (var (column, text) in expected.Texts)
        {
            var found = _raw.Has(column) ? Encoding.UTF8.GetString(_raw.Text(column)) : null;
            FindingException.ThrowIf(found != text, $"{column} is '{found}' instead of '{text}'.");
        }
        Check(EventColumn.Properties, expected.Properties);
        Check(EventColumn.Context, expected.Context);
    }

    private void Check(EventColumn column, Json? expected)
    {
        FindingException.ThrowIf(_raw.Has(column) != expected is not null, $"{column} is there or not, wrongly.");
        if (expected is null)
        {
            return;
        }
        var stored = _raw.Text(column).ToArray();
        var found = Json.Parse(stored).ToString();
        FindingException.ThrowIf(found != expected.ToString(), $"{column} says {found} instead of {expected}.");
        var again = new byte[stored.Length];
        FindingException.ThrowIf(
            !stored.AsSpan().SequenceEqual(again.AsSpan(0, JsonText.Copy(stored, again))), "A copy of a copy differs.");
    }

    private static Json? Parse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return Json.Parse(utf8);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
