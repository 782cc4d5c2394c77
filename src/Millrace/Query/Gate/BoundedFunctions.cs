using System.Collections.Frozen;
using System.Text.Json;

namespace Millrace.Query;

/// <summary>Functions whose result can be far larger than their arguments, and which arguments decide that.</summary>
/// <remarks>
/// DuckDB sees an interrupt between vectors only and its memory limit does not cover one huge text, so
/// <c>repeat('x', 1e9)</c> would outlive both. This closes the doors that are known; it is no wall.
/// </remarks>
internal static class BoundedFunctions
{
    public const long NumberMax = 1_000_000;

    /// <summary>For repeat, and for widths in a format: a small text times this stays small.</summary>
    private const long FactorMax = 1_000;

    /// <summary>Name to index of the argument that must be a plain number; -1: all must be.</summary>
    private static readonly FrozenDictionary<string, int> SizeArgument = new Dictionary<string, int>
    {
        ["repeat"] = 1, ["lpad"] = 1, ["rpad"] = 1, ["list_resize"] = 1, ["array_resize"] = 1, ["bitstring"] = 1,
        ["bar"] = 3, ["to_base"] = 2, ["equi_width_bins"] = 2, ["range"] = -1, ["generate_series"] = -1,
        ["format"] = 0, ["printf"] = 0,
    }.ToFrozenDictionary();

    private static readonly FrozenSet<string> PlainFunctions = new[]
    {
        "-", "trunc", "to_days", "to_weeks", "to_months", "to_years", "to_hours", "to_minutes", "to_seconds",
    }.ToFrozenSet();

    /// <summary>False if a call may make more than it was given by an unknown factor.</summary>
    /// <param name="name">In lower case.</param>
    public static bool IsBounded(string name, JsonElement call)
    {
        if (!SizeArgument.TryGetValue(name, out var index))
        {
            return true;
        }
        var arguments = call.GetProperty("children");
        if (index < 0)
        {
            return arguments.EnumerateArray().All(argument => IsPlain(argument, NumberMax));
        }
        if (arguments.GetArrayLength() <= index)
        {
            return true;
        }
        var size = arguments[index];
        return name switch
        {
            "format" or "printf" => IsPlainFormat(size),
            "repeat" => IsPlain(size, FactorMax),
            _ => IsPlain(size, NumberMax),
        };
    }

    private static bool IsPlain(JsonElement expression, long numberMax) =>
        expression.GetProperty("class").GetString() switch
    {
        "CONSTANT" => IsSmall(expression.GetProperty("value"), numberMax),
        "CAST" => IsPlain(expression.GetProperty("child"), numberMax),
        "FUNCTION" => PlainFunctions.Contains(expression.GetProperty("function_name").GetString()!)
            && expression.GetProperty("children").GetArrayLength() == 1
            && IsPlain(expression.GetProperty("children")[0], numberMax),
        _ => false,
    };

    private static bool IsSmall(JsonElement constant, long numberMax)
    {
        if (constant.GetProperty("is_null").GetBoolean())
        {
            return true;
        }
        var value = constant.GetProperty("value");
        return value.ValueKind switch
        {
            JsonValueKind.Number => Math.Abs(value.GetDouble()) <= numberMax,
            // A quoted time is fine; a quoted number is cast by DuckDB like any other.
            JsonValueKind.String => !double.TryParse(value.GetString(), out var number)
                || Math.Abs(number) <= numberMax,
            _ => false,
        };
    }

    /// <summary>No width taken from an argument, none of more digits than <see cref="FactorMax"/>.</summary>
    private static bool IsPlainFormat(JsonElement expression)
    {
        if (expression.GetProperty("class").GetString() != "CONSTANT"
            || expression.GetProperty("value").TryGetProperty("value", out var value) is false
            || value.ValueKind != JsonValueKind.String)
        {
            return false;
        }
        var (digits, braces, isAfterPercent) = (0, 0, false);
        foreach (var letter in value.GetString()!)
        {
            braces = letter switch { '{' => braces + 1, '}' => 0, _ => braces };
            isAfterPercent = letter == '%' || (isAfterPercent && !char.IsAsciiLetter(letter));
            var isInside = braces > 0 || isAfterPercent;
            digits = isInside && char.IsAsciiDigit(letter) ? digits + 1 : 0;
            if (digits > 3 || braces > 1 || (isInside && letter == '*'))
            {
                return false;
            }
        }
        return true;
    }
}
