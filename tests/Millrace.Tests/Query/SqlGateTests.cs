using Millrace.Query;

namespace Millrace.Tests.Query;

public sealed class SqlGateTests(SqlGateTests.SharedGate shared) : IClassFixture<SqlGateTests.SharedGate>
{
    public static TheoryData<string, string> Refused => SqlCases.Read("refused.sql");

    [Theory]
    [MemberData(nameof(Refused))]
    public void Refuses_with_a_code(string code, string sql) => RefusalOf(sql).ShouldBe(code);

    [Fact]
    public void Knows_more_than_a_hundred_attacks() => Refused.Count.ShouldBeGreaterThan(100);

    [Theory]
    [InlineData("SELECT 1 -- ; SELECT 2")]
    [InlineData("SELECT 1;")]
    [InlineData("SELECT ';DROP TABLE events'")]
    [InlineData("SELECT $$;$$")]
    [InlineData("WITH \"a.csv\" AS (SELECT 1) SELECT * FROM \"A.CSV\"")]
    [InlineData("WITH RECURSIVE t AS (SELECT 1 a UNION ALL SELECT a + 1 FROM t WHERE a < 3) FROM t")]
    [InlineData("WITH RECURSIVE t USING KEY (a) AS (SELECT 1 a, 2 b UNION SELECT a, b FROM t, recurring.t) FROM t")]
    [InlineData("SELECT * FROM Millrace.EVENTS, main.failed_events, LEDGER")]
    public void Lets_a_plain_select_pass(string sql) => RefusalOf(sql).ShouldBeNull();

    [Fact]
    public void A_name_of_WITH_hides_a_table_of_ours()
    {
        Check("WITH events AS (SELECT 1 AS a) SELECT * FROM events").References.ShouldBeEmpty();
        Check("WITH events AS (SELECT * FROM events) SELECT * FROM events, main.events")
            .References.Select(reference => reference.Table).ShouldBe(["events", "events"]);
    }

    [Fact]
    public void What_passed_passes_again_and_only_with_its_parameters()
    {
        const string Sql = "SELECT * FROM events WHERE tenant = ?";
        shared.Gate.TryCheck(Sql, 1, out var first, out _).ShouldBeTrue();
        shared.Gate.TryCheck(Sql, 1, out var second, out _).ShouldBeTrue();
        second.ShouldBeSameAs(first);
        shared.Gate.TryCheck(Sql, 0, out var third, out var refusal).ShouldBeFalse();
        (third, refusal!.Code).ShouldBe((null, "sql_parameter_count"));

        for (var i = 0; i < 1_000; i++)
        {
            shared.Gate.TryCheck($"SELECT {i}", 0, out _, out _).ShouldBeTrue();
        }
        shared.Gate.TryCheck(Sql, 1, out var forgotten, out _).ShouldBeTrue();
        forgotten.ShouldNotBeSameAs(first);

    }

    [Fact]
    public void What_is_large_is_not_remembered()
    {
        string[] large =
        [
            $"SELECT {string.Join(',', Enumerable.Repeat("1", 1_000))}",
            $"SELECT 1 /* {new string('x', 100_000)} */",
        ];
        foreach (var sql in large)
        {
            shared.Gate.TryCheck(sql, 0, out var one, out _).ShouldBeTrue();
            shared.Gate.TryCheck(sql, 0, out var other, out _).ShouldBeTrue();
            other.ShouldNotBeSameAs(one);
        }
    }

    [Fact]
    public void A_syntax_error_says_where()
    {
        shared.Gate.TryCheck("SELECT 1 FRM x y", 0, out _, out var refusal).ShouldBeFalse();
        refusal!.Detail.ShouldContain("character");
    }

    [Theory]
    [InlineData(900_000)]
    [InlineData(100_000)]
    public void Survives_deep_nesting(int depth) =>
        RefusalOf($"SELECT {new string('(', depth)}1{new string(')', depth)}").ShouldBeOneOf(
            "sql_too_long", "sql_syntax");

    [Theory]
    [InlineData("1 + ", "1")]
    [InlineData("NOT ", "true")]
    [InlineData("(SELECT ", "1")]
    public void Survives_a_long_chain(string link, string end) =>
        RefusalOf($"SELECT {string.Concat(Enumerable.Repeat(link, 50_000))}{end}").ShouldBeOneOf("sql_too_deep", "sql_syntax");

    [Fact]
    public void Refuses_a_statement_that_is_too_long() =>
        RefusalOf($"SELECT '{new string('x', SqlGate.CharsMax)}'").ShouldBe("sql_too_long");

    [Fact]
    public void Refuses_a_NUL_that_would_hide_the_rest() => RefusalOf("SELECT 1\0; DROP VIEW events").ShouldBe("sql_syntax");

    [Theory]
    [InlineData("SELECT ?, ?", 2)]
    [InlineData("SELECT $1, $1", 1)]
    [InlineData("SELECT $2, $1, $3", 3)]
    public void Counts_parameters(string sql, int count)
    {
        shared.Gate.TryCheck(sql, count, out _, out _).ShouldBeTrue();
        shared.Gate.TryCheck(sql, count - 1, out _, out var refusal).ShouldBeFalse();
        refusal!.Code.ShouldBe("sql_parameter_count");
    }

    private CheckedQuery Check(string sql)
    {
        shared.Gate.TryCheck(sql, 0, out var query, out var refusal).ShouldBeTrue(refusal?.Detail);
        return query!;
    }

    private string? RefusalOf(string sql)
    {
        shared.Gate.TryCheck(sql, 0, out _, out var refusal);
        return refusal?.Code;
    }

    public sealed class SharedGate : IDisposable
    {
        internal SqlGate Gate { get; } = new();

        public void Dispose() => Gate.Dispose();
    }
}
