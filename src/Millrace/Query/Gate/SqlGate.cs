using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Millrace.DuckDb;
using Millrace.Events;
using Millrace.Lake;

namespace Millrace.Query;

/// <summary>Lets a statement from outside pass if it is one SELECT over our tables that calls nothing
/// dangerous.</summary>
/// <remarks>
/// DuckDB's own parser reads the statement (as a bound text, on an instance that holds nothing), <see
/// cref="SyntaxCheck"/> walks its tree and refuses whatever it does not know. The type of a prepared statement is not
/// enough:
/// <c>SELECT … FROM enable_logging(…)</c> is a SELECT, and can abort the process. Thread safe.
/// </remarks>
internal sealed class SqlGate : IDisposable
{
    public const int CharsMax = 1_000_000;

    /// <summary>The tree has about two levels for one of SQL. DuckDB itself stops at 1,000 of its own, but plans a sum
    /// of 990 terms for 40 s, in which no interrupt is seen.</summary>
    private const int TreeDepthMax = 500;

    private const int PassedMax = 128;
    private const int PassedCharsMax = 32 << 10;

    private readonly Database _database;
    private readonly AllowedFunctions _functions;

    /// <summary>Statements that passed: a dashboard asks the same again and again.</summary>
    private readonly ConcurrentDictionary<string, CheckedQuery> _passed = new(StringComparer.Ordinal);

    public SqlGate()
    {
        _database = Database.Open(null, Sandbox.Closed);
        using var connection = _database.Connect();
        _functions = new AllowedFunctions(connection);
    }

    /// <summary>The tables one may ask, in lower case.</summary>
    public static IReadOnlyList<string> TableNames { get; } = [.. LakeTable.All.Select(table => table.Name)];

    public void Dispose() => _database.Dispose();

    /// <summary>Checks a statement.</summary>
    /// <param name="parameterCount">Values that come with it.</param>
    public bool TryCheck(
        string sql, int parameterCount, [NotNullWhen(true)] out CheckedQuery? query,
        [NotNullWhen(false)] out Refusal? refusal)
    {
        if (_passed.TryGetValue(sql, out query))
        {
            refusal = CheckCount(ref query, parameterCount);
            return query is not null;
        }
        refusal = sql.Length > CharsMax ? SqlRefusals.TooLong
            : sql.Contains('\0') ? SqlRefusals.Syntax("The statement holds a NUL character.", sql.IndexOf('\0'))
            : null;
        if (refusal is not null)
        {
            return false;
        }
        JsonElement tree;
        string json;
        try
        {
            json = Parse(sql);
            using var parsed = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = TreeDepthMax });
            tree = parsed.RootElement.Clone();
        }
        catch (JsonException)
        {
            refusal = SqlRefusals.TooDeep;
            return false;
        }
        catch (DuckDbException failure)
        {
            refusal = SqlRefusals.Syntax(failure.Message, position: null);
            return false;
        }
        refusal = ReadTree(sql, tree, out query);
        if (query is not null)
        {
            // Comments are in the text alone.
            if (sql.Length <= PassedCharsMax && json.Length <= PassedCharsMax)
            {
                Keep(query);
            }
            refusal = CheckCount(ref query, parameterCount);
        }
        return query is not null;
    }

    private static Refusal? CheckCount(ref CheckedQuery? query, int parameterCount)
    {
        if (query!.ParameterCount == parameterCount)
        {
            return null;
        }
        var refusal = SqlRefusals.ParameterCount(query.ParameterCount, parameterCount);
        query = null;
        return refusal;
    }

    private void Keep(CheckedQuery query)
    {
        if (_passed.Count >= PassedMax)
        {
            _passed.Clear();
        }
        _passed[query.Text] = query;
    }

    private string Parse(string sql)
    {
        using var connection = _database.Connect();
        using var statement = connection.Prepare("SELECT json_serialize_sql(CAST(? AS VARCHAR))");
        using var result = statement.Bind(1, sql).Execute();
        return (string)result.Rows().Single()[0]!;
    }

    private Refusal? ReadTree(string sql, JsonElement tree, out CheckedQuery? query)
    {
        query = null;
        if (tree.GetProperty("error").GetBoolean())
        {
            return Complaint(tree);
        }
        var statements = tree.GetProperty("statements");
        if (statements.GetArrayLength() != 1)
        {
            return statements.GetArrayLength() == 0 ? SqlRefusals.Empty : SqlRefusals.ManyStatements;
        }
        var statement = statements[0];
        if (CountParameters(statement) is not { } parameters)
        {
            return SqlRefusals.NamedParameters;
        }
        var check = new SyntaxCheck(_functions);
        if (check.Visit(statement) is { } refusal)
        {
            return refusal;
        }
        query = new CheckedQuery(sql, statement, parameters, check.References);
        return null;
    }

    private static Refusal Complaint(JsonElement tree)
    {
        if (tree.GetProperty("error_type").GetString() == "not implemented")
        {
            return SqlRefusals.NotSelect;
        }
        long? position = tree.TryGetProperty("position", out var text)
            && long.TryParse(text.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var at) ? at : null;
        return SqlRefusals.Syntax(tree.GetProperty("error_message").GetString()!, position);
    }

    /// <summary>How many parameters there are; null if one has a name, or a number is left out.</summary>
    private static int? CountParameters(JsonElement statement)
    {
        var greatest = 0;
        var parameters = statement.GetProperty("named_param_map");
        foreach (var parameter in parameters.EnumerateArray())
        {
            if (!int.TryParse(
                parameter.GetProperty("key").GetString(), NumberStyles.None, CultureInfo.InvariantCulture,
                out var number))
            {
                return null;
            }
            greatest = Math.Max(greatest, number);
        }
        return greatest == parameters.GetArrayLength() ? greatest : null;
    }
}
