using Millrace.Events;

namespace Millrace.Query;

/// <summary>Why a statement is not run. The codes are stable.</summary>
internal static class SqlRefusals
{
    public static readonly Refusal Empty =
        new(400, "sql_not_select", "There is no statement: send one SELECT.");
    public static readonly Refusal NotSelect =
        new(400, "sql_not_select",
            "Only a SELECT is run here: nothing that changes data, settings or files, and no EXPLAIN, "
            + "DESCRIBE, SHOW, SUMMARIZE or PIVOT statement.");
    public static readonly Refusal ManyStatements =
        new(400, "sql_many_statements", "Only one statement is run at a time; send them one by one.");
    public static readonly Refusal TooLong =
        new(413, "sql_too_long",
            $"A statement may have up to {SqlGate.CharsMax} characters; bind long lists as parameters.");
    public static readonly Refusal TooDeep =
        new(400, "sql_too_deep", "The statement nests too deep; split it with WITH, or write a long list as IN (…).");
    public static readonly Refusal NamedParameters =
        new(400, "sql_parameter_count",
            "Parameters are numbered from 1 without gaps: write ?, or $1 and $2, and no names.");
    public static readonly Refusal TimeTravel =
        new(400, "sql_unsupported", "AT (…) is not supported: a query sees the tables as they are now.");

    public static Refusal Syntax(string message, long? position) =>
        new(400, "sql_syntax", position is { } at ? $"{message} (at character {at + 1})" : message);

    public static Refusal TableUnknown(string name) =>
        new(400, "sql_table_unknown",
            $"There is no table '{name}'; there are {string.Join(", ", SqlGate.TableNames)}.");

    public static Refusal FunctionDenied(string name) =>
        new(400, "sql_function_denied", $"The function '{name}' may not be called here.");

    public static Refusal FunctionUnbounded(string name) =>
        new(400, "sql_function_denied",
            $"'{name}' may only be called with plain numbers of up to {BoundedFunctions.NumberMax} for its sizes.");

    public static Refusal Unsupported(string what) =>
        new(400, "sql_unsupported", $"This part of SQL is not supported here: {what}.");

    public static Refusal ParameterCount(int needed, int given) =>
        new(400, "sql_parameter_count", $"The statement takes {needed} parameters, and {given} were given.");
}
