using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Millrace.Events;

namespace Millrace.Query;

/// <summary>The body of <c>POST /api/sql</c>: <c>{"sql","params":[],"timeout_ms"}</c>.</summary>
internal static class SqlRequest
{
    public const int BodyBytesMax = 8 << 20;

    private const int ParametersMax = 10_000;

    public static bool TryRead(
        JsonElement body, TimeSpan timeoutMax, [NotNullWhen(true)] out QueryRequest? request,
        [NotNullWhen(false)] out Refusal? refusal)
    {
        (request, refusal) = (null, null);
        if (body.ValueKind != JsonValueKind.Object
            || !body.TryGetProperty("sql", out var sql) || sql.ValueKind != JsonValueKind.String)
        {
            refusal = Invalid("The body must be an object with the text 'sql'.");
            return false;
        }
        foreach (var member in body.EnumerateObject())
        {
            if (member.Name is not ("sql" or "params" or "timeout_ms"))
            {
                refusal = Invalid($"'{member.Name}' is not known here; there are sql, params and timeout_ms.");
                return false;
            }
        }
        if (!TryTimeout(body, timeoutMax, out var timeout, out refusal)
            || !TryParameters(body, out var parameters, out refusal))
        {
            return false;
        }
        request = new QueryRequest(sql.GetString()!, parameters) { Timeout = timeout };
        return true;
    }

    private static bool TryTimeout(
        JsonElement body, TimeSpan max, out TimeSpan? timeout, [NotNullWhen(false)] out Refusal? refusal)
    {
        (timeout, refusal) = (null, null);
        if (!body.TryGetProperty("timeout_ms", out var given) || given.ValueKind == JsonValueKind.Null)
        {
            return true;
        }
        if (given.ValueKind == JsonValueKind.Number && given.TryGetInt64(out var ms)
            && ms > 0 && ms <= max.TotalMilliseconds)
        {
            timeout = TimeSpan.FromMilliseconds(ms);
            return true;
        }
        refusal = Invalid($"'timeout_ms' must be a whole number from 1 to {(long)max.TotalMilliseconds}.");
        return false;
    }

    private static bool TryParameters(
        JsonElement body, out List<object?> values, [NotNullWhen(false)] out Refusal? refusal)
    {
        (values, refusal) = ([], null);
        if (!body.TryGetProperty("params", out var given) || given.ValueKind == JsonValueKind.Null)
        {
            return true;
        }
        if (given.ValueKind != JsonValueKind.Array || given.GetArrayLength() > ParametersMax)
        {
            refusal = Invalid($"'params' must be an array of at most {ParametersMax} values.");
            return false;
        }
        foreach (var item in given.EnumerateArray())
        {
            if (!TryValue(item, out var value))
            {
                refusal = Invalid(
                    "A parameter is a text, a number of up to 64 bits, true, false or null; "
                    + "send anything else as text.");
                return false;
            }
            values.Add(value);
        }
        return true;
    }

    private static bool TryValue(JsonElement item, out object? value)
    {
        value = item.ValueKind switch
        {
            JsonValueKind.String => item.GetString(),
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number when item.TryGetInt64(out var number) => number,
            // A whole number beyond 64 bits would lose digits as a double.
            JsonValueKind.Number when item.GetRawText().AsSpan().IndexOfAny('.', 'e', 'E') >= 0
                && item.TryGetDouble(out var real) && double.IsFinite(real) => real,
            _ => null,
        };
        return value is not null || item.ValueKind == JsonValueKind.Null;
    }

    private static Refusal Invalid(string detail) => new(400, "invalid_request", detail);
}
