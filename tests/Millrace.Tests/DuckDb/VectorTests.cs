using System.Globalization;
using System.Numerics;
using Millrace.DuckDb;

namespace Millrace.Tests.DuckDb;

/// <summary>Every type, from SQL to a .NET value; where the value is text, DuckDB's own cast is the judge.</summary>
public sealed class VectorTests : IDisposable
{
    private readonly Database _database = Database.Open(null);
    private readonly Connection _connection;

    public VectorTests() => _connection = _database.Connect();

    public static TheoryData<string, object> Numbers => new()
    {
        { "true", true },
        { "'-128'::TINYINT", sbyte.MinValue },
        { "'-32768'::SMALLINT", short.MinValue },
        { "'-2147483648'::INTEGER", int.MinValue },
        { "'-9223372036854775808'::BIGINT", long.MinValue },
        { "'255'::UTINYINT", byte.MaxValue },
        { "'65535'::USMALLINT", ushort.MaxValue },
        { "'4294967295'::UINTEGER", uint.MaxValue },
        { "'18446744073709551615'::UBIGINT", ulong.MaxValue },
        { "'-170141183460469231731687303715884105728'::HUGEINT", Int128.MinValue },
        { "'340282366920938463463374607431768211455'::UHUGEINT", UInt128.MaxValue },
        { "'1.5'::FLOAT", 1.5f },
        { "'nan'::DOUBLE", double.NaN },
        { "'-infinity'::DOUBLE", double.NegativeInfinity },
        { "'-1.5'::DECIMAL(4,1)", -1.5m },
        { "'12345.67'::DECIMAL(9,2)", 12345.67m },
        { "'-9999999999999999.99'::DECIMAL(18,2)", -9999999999999999.99m },
        { "'-7922816251426433759354395033.5'::DECIMAL(38,1)", decimal.MinValue / 10 },
        { "'79228162514264337593543950336'::DECIMAL(38,0)", "79228162514264337593543950336" },
        { "'-0.000000000000000000000000000012'::DECIMAL(38,30)", "-0.000000000000000000000000000012" },
        { "'-1234567890123456789012345678901234567890'::BIGNUM", -Large },
        { "'1234567890123456789012345678901234567890'::BIGNUM", Large },
    };

    public static TheoryData<string, object> TextAndBytes => new()
    {
        { "''", "" },
        { "'exactly 12 b'", "exactly 12 b" },
        { "'thirteen byte'", "thirteen byte" },
        { "'🦆 ' || chr(0) || ' naïve'", "🦆 \0 naïve" },
        { "'{\"a\": 1}'::JSON", "{\"a\": 1}" },
        { "'\\x00\\xFF'::BLOB", new byte[] { 0, 255 } },
        { "'010111000'::BIT", "010111000" },
        { "'b'::ENUM('a', 'b')", "b" },
        { "'0fedcba9-8765-4321-8000-00000000ffff'::UUID", Guid.Parse("0fedcba9-8765-4321-8000-00000000ffff") },
        { "'f0000000-0000-0000-0000-000000000001'::UUID", Guid.Parse("f0000000-0000-0000-0000-000000000001") },
    };

    public static TheoryData<string, object> Times => new()
    {
        { "DATE '1969-12-31'", new DateOnly(1969, 12, 31) },
        { "DATE '0001-01-01'", DateOnly.MinValue },
        { "DATE '9999-12-31'", DateOnly.MaxValue },
        { "TIME '23:59:59.999999'", new TimeOnly(23, 59, 59, 999, 999) },
        { "'01:02:03.0000001'::TIME_NS", new TimeOnly(1, 2, 3).Add(TimeSpan.FromTicks(1)) },
        { "TIMESTAMP '2026-11-22 01:02:03.000004'", new DateTime(2026, 11, 22, 1, 2, 3, 0, 4) },
        { "TIMESTAMP '0001-01-01'", DateTime.MinValue },
        { "TIMESTAMP_S '1969-12-31 23:59:59'", new DateTime(1969, 12, 31, 23, 59, 59) },
        { "TIMESTAMP_MS '2026-11-22 01:02:03.004'", new DateTime(2026, 11, 22, 1, 2, 3, 4) },
        { "TIMESTAMP_NS '2026-11-22 01:02:03.0000001'", new DateTime(2026, 11, 22, 1, 2, 3).AddTicks(1) },
        { "'2026-11-22 01:02:03+02'::TIMESTAMPTZ", new DateTimeOffset(2026, 11, 21, 23, 2, 3, TimeSpan.Zero) },
        { "INTERVAL '14 months -3 days 5 seconds'", new Interval(14, -3, 5_000_000) },
    };

    public static TheoryData<string> ShownAsText => new()
    {
        "DATE 'infinity'",
        "DATE '-infinity'",
        "DATE '0044-03-15 (BC)'",
        "DATE '5877642-06-25 (BC)'",
        "DATE '5881580-07-10'",
        "DATE '10000-02-29'",
        "TIME '24:00:00'",
        "'01:02:03.000000001'::TIME_NS",
        "'12:30:00.5-08'::TIMETZ",
        "'12:30:00+05:45'::TIMETZ",
        "'12:30:00-15:59:59'::TIMETZ",
        "TIMESTAMP 'infinity'",
        "TIMESTAMP '-infinity'",
        "TIMESTAMP '290309-12-22 (BC) 00:00:00'",
        "TIMESTAMP '294247-01-10 04:00:54.775806'",
        "TIMESTAMP '10000-01-01 00:00:00.5'",
        "'infinity'::TIMESTAMP_S",
        "'-infinity'::TIMESTAMP_MS",
        "'infinity'::TIMESTAMP_NS",
        "'2026-11-22 01:02:03.000000001'::TIMESTAMP_NS",
        "'1969-12-31 23:59:59.999999999'::TIMESTAMP_NS",
        "TIMESTAMPTZ 'infinity'",
        "TIMESTAMPTZ '-infinity'",
        "TIMESTAMPTZ '0002-01-01 (BC) 00:00:00+00'",
    };

    public static TheoryData<string> Intervals => new()
    {
        "INTERVAL '0 days'",
        "INTERVAL '1 year 2 months 3 days 04:05:06.5'",
        "INTERVAL '-13 months 1 day'",
        "INTERVAL '-1 second -1 microsecond'",
        "INTERVAL '100 hours 1 microsecond'",
    };

    public static TheoryData<string> TypeNames => new()
    {
        "BOOLEAN", "TINYINT", "UHUGEINT", "FLOAT", "DECIMAL(18,2)", "JSON", "BLOB", "BIT", "UUID",
        "VARCHAR", "INTERVAL", "DATE", "TIME", "TIME_NS", "TIME WITH TIME ZONE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS",
        "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE", "BIGNUM", "VARCHAR[]", "INTEGER[3]", "INTEGER[][2][]", "ENUM('a', 'it''s')",
        "MAP(VARCHAR, MAP(VARCHAR, INTEGER[]))", "STRUCT(\"end\" INTEGER, \"a \"\"b\" VARCHAR)",
        "UNION(\"num\" INTEGER, \"str\" VARCHAR)", "VARIANT",
    };

    private static BigInteger Large => (BigInteger)12345678901234567890 * BigInteger.Pow(10, 20) + 12345678901234567890;

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    [MemberData(nameof(TextAndBytes))]
    [MemberData(nameof(Times))]
    public void Reads_a_value_as_the_dotnet_type_that_holds_it(string sql, object expected)
    {
        Value(sql).ShouldBe(expected);
        Value($"nullif({sql}, {sql})").ShouldBeNull();
    }

    [Theory]
    [MemberData(nameof(ShownAsText))]
    public void Reads_what_dotnet_has_no_value_for_as_the_text_of_DuckDB(string sql)
    {
        _connection.Execute("SET TimeZone = 'UTC'");
        Value(sql).ShouldBe(Value($"({sql})::VARCHAR"));
    }

    [Theory]
    [MemberData(nameof(Intervals))]
    public void Writes_an_interval_as_DuckDB_does(string sql) =>
        Value(sql).ShouldBeOfType<Interval>().ToString().ShouldBe((string?)Value($"({sql})::VARCHAR"));

    [Theory]
    [MemberData(nameof(TypeNames))]
    public void Names_a_type_so_that_SQL_reads_it_back(string sql)
    {
        using var result = _connection.Query($"SELECT CAST(NULL AS {sql}) AS c");
        result.Columns.Single().TypeName.ShouldBe(sql);
        result.Columns.Single().Name.ShouldBe("c");
    }

    [Fact]
    public void Reads_nested_values()
    {
        Value("[1, NULL, 3]").ShouldBe(new object?[] { 1, null, 3 });
        Value("[]::INTEGER[]").ShouldBe(Array.Empty<object?>());
        Value("[[1], NULL, []]").ShouldBe(new object?[] { new object?[] { 1 }, null, Array.Empty<object?>() });
        Value("['a', NULL]::VARCHAR[2]").ShouldBe(new object?[] { "a", null });
        var fields = Value("{'a': 1, 'b': {'c': NULL}}").ShouldBeOfType<Dictionary<string, object?>>();
        fields["a"].ShouldBe(1);
        fields["b"].ShouldBeOfType<Dictionary<string, object?>>().ShouldBe([new("c", null)]);
        Value("row(1, 'x')").ShouldBe(new object?[] { 1, "x" });
        Value("MAP {'k': 1, 'l': NULL}").ShouldBeOfType<Dictionary<object, object?>>()
            .ShouldBe([new("k", 1), new("l", null)]);
        Value("union_value(num := 7)::UNION(num INTEGER, str VARCHAR)").ShouldBe(7);
        Value("union_value(str := 'seven')::UNION(num INTEGER, str VARCHAR)").ShouldBe("seven");
        Value("NULL::STRUCT(a INTEGER)").ShouldBeNull();
    }

    [Fact]
    public void Reads_nested_values_of_every_row_of_every_chunk()
    {
        using var statement = _connection.Prepare(
            """
            SELECT range AS i, CASE WHEN i % 3 = 0 THEN NULL ELSE [i, i + 1] END AS list,
                {'same': 'for all rows', 'i': i} AS s, [i, -i]::BIGINT[2] AS pair
            FROM range(5000)
            """);
        using var result = statement.Stream();
        var next = 0L;
        foreach (var row in result.Rows())
        {
            row[0].ShouldBe(next);
            row[1].ShouldBe(next % 3 == 0 ? null : new object?[] { next, next + 1 });
            var fields = row[2].ShouldBeOfType<Dictionary<string, object?>>();
            (fields["same"], fields["i"]).ShouldBe(("for all rows", next));
            row[3].ShouldBe(new object?[] { next, -next });
            next++;
        }
        next.ShouldBe(5000);
    }

    [Fact]
    public void Reads_an_enum_with_more_labels_than_a_byte_counts()
    {
        var labels = string.Join(", ", Enumerable.Range(0, 300).Select(i => $"'label{i}'"));
        Value($"'label299'::ENUM({labels})").ShouldBe("label299");
    }

    [Fact]
    public void Refuses_a_variant_and_says_to_cast_it()
    {
        using var result = _connection.Query("SELECT 1::VARIANT");
        Should.Throw<NotSupportedException>(() => result.Rows().ToList()).Message.ShouldContain("cast");
    }

    [Fact]
    public void Reads_values_in_place()
    {
        using var result = _connection.Query("SELECT range AS i, 'row ' || range AS text FROM range(3)");
        result.NextChunk(out var chunk).ShouldBeTrue();
        chunk.RowCount.ShouldBe(3);
        chunk.Column(0).Get<long>(2).ShouldBe(2);
        chunk.Column(1).Utf8(2).SequenceEqual("row 2"u8).ShouldBeTrue();
        Should.Throw<InvalidCastException>(() => chunk.Column(0).Get<int>(0));
        Should.Throw<InvalidCastException>(() => chunk.Column(0).Utf8(0).Length);
    }

    [Fact]
    public void Refuses_a_row_the_chunk_does_not_show_even_after_its_memory_is_gone()
    {
        var result = _connection.Query("SELECT [1, 2] AS list, 5 AS i");
        result.NextChunk(out var chunk).ShouldBeTrue();
        Should.Throw<ArgumentOutOfRangeException>(() => chunk.Column(1).Get<int>(1));
        Should.Throw<ArgumentOutOfRangeException>(() => chunk.Column(1).IsNull(-1));

        result.NextChunk(out _).ShouldBeFalse();
        chunk.RowCount.ShouldBe(0);
        Should.Throw<ArgumentOutOfRangeException>(() => chunk.Column(1).Get<int>(0));

        result.Dispose();
        Should.Throw<ArgumentOutOfRangeException>(() => chunk.Column(0).Value(0));
        result.NextChunk(out _).ShouldBeFalse();
    }

    private object? Value(string sql) => _connection.Query($"SELECT {sql}").ReadSingle();
}

internal static class ResultReading
{
    /// <summary>The one value of a result, which it disposes.</summary>
    public static object? ReadSingle(this Result result)
    {
        using (result) return result.Rows().Single().Single();
    }
}
