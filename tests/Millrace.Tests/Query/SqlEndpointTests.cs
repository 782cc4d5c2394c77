using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Millrace.DuckDb;

namespace Millrace.Tests.Query;

public sealed class SqlEndpointTests(ShopServer server) : IClassFixture<ShopServer>
{
    [Fact]
    public async Task Answers_with_columns_rows_and_statistics()
    {
        using var response = await server.PostAsync(
            new { sql = "SELECT event, count(*) AS n FROM events WHERE event = ? GROUP BY 1", @params = new[] { "checkout" } });
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        answer.GetProperty("columns").GetRawText()
            .ShouldBe("""[{"name":"event","type":"VARCHAR"},{"name":"n","type":"BIGINT"}]""");
        answer.GetProperty("rows").GetRawText().ShouldBe("""[["checkout",4]]""");
        answer.GetProperty("truncated").GetBoolean().ShouldBeFalse();
        answer.GetProperty("stats").GetProperty("files").GetInt32().ShouldBe(3);
        answer.GetProperty("stats").GetProperty("fresh_to").GetString().ShouldBe("2026-01-03T18:00:01.000000Z");
    }

    [Theory]
    [InlineData("9007199254740993", "9007199254740993")]
    [InlineData("170141183460469231731687303715884105727::HUGEINT", "170141183460469231731687303715884105727")]
    [InlineData("1.10::DECIMAL(18,2)", "1.10")]
    [InlineData("0.1::DOUBLE", "0.1")]
    [InlineData("'NaN'::DOUBLE", "\"NaN\"")]
    [InlineData("'-inf'::FLOAT", "\"-Infinity\"")]
    [InlineData("NULL", "null")]
    [InlineData("true", "true")]
    [InlineData("TIMESTAMPTZ '2026-01-02 03:04:05.678901+01'", "\"2026-01-02T02:04:05.678901Z\"")]
    [InlineData("TIMESTAMP '2026-01-02 03:04:05'", "\"2026-01-02T03:04:05.000000\"")]
    [InlineData("DATE '2026-01-02'", "\"2026-01-02\"")]
    [InlineData("TIME '03:04:05.5'", "\"03:04:05.500000\"")]
    [InlineData("INTERVAL 90 MINUTE", "\"01:30:00\"")]
    [InlineData("'\\x00\\xFF'::BLOB", "\"AP8=\"")]
    [InlineData("[1, NULL]", "[1,null]")]
    [InlineData("{'a': [1], 'b': 'x'}", "{\"a\":[1],\"b\":\"x\"}")]
    [InlineData("MAP {'k': 1}", "{\"k\":1}")]
    [InlineData("MAP {1: true}", "{\"1\":true}")]
    [InlineData("'{\"a\": 1e400}'::JSON", "{\"a\": 1e400}")]
    [InlineData("'é\"😀\n'", "\"é\\\"\\uD83D\\uDE00\\n\"")]
    [InlineData("uuid '00000000-0000-0000-0000-000000000001'", "\"00000000-0000-0000-0000-000000000001\"")]
    public async Task Values_come_without_loss(string expression, string json)
    {
        var text = await server.TextAsync($"SELECT {expression} AS v");
        text.ShouldContain($"\"rows\":[[{json}]]");
    }

    [Fact]
    public async Task Cuts_JSON_at_its_bound_and_says_so()
    {
        using var response = await server.PostAsync(new { sql = "SELECT range FROM range(100001)" });
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        answer.GetProperty("rows").GetArrayLength().ShouldBe(100_000);
        answer.GetProperty("truncated").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Streams_more_than_that_as_NDJSON()
    {
        var lines = (await server.TextAsync("SELECT range AS a, range AS a FROM range(100001)", "application/x-ndjson")).Split('\n');
        lines.Length.ShouldBe(100_002);
        lines[7].ShouldBe("""{"a":7,"a_1":7}""");
    }

    [Fact]
    public async Task Writes_CSV_of_RFC_4180() =>
        (await server.TextAsync("""SELECT 1 AS "a,b", 'x"y' AS q, NULL AS n, '' AS e, [1, 2] AS l, '=1+1' AS f, -1 AS m""", "text/csv"))
            .ShouldBe("\"a,b\",q,n,e,l,f,m\r\n1,\"x\"\"y\",,\"\",\"[1,2]\",=1+1,-1\r\n");

    [Fact]
    public async Task Guards_formulas_when_asked()
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/sql?guard_formulas=true")
        {
            Content = JsonContent.Create(new { sql = "SELECT '=1+1' AS f, -1 AS m" }),
        };
        using var response = await server.SendAsync(request, "text/csv");
        (await response.Content.ReadAsStringAsync()).ShouldBe("f,m\r\n'=1+1,-1\r\n");
    }

    [Fact]
    public async Task Sends_Parquet()
    {
        using var response = await server.PostAsync(
            new { sql = "SELECT event_id FROM events WHERE tenant = ?", @params = new[] { "bolt" } }, "application/vnd.apache.parquet");
        var path = Path.Combine(server.Lake.Directory, "answer.parquet");
        await File.WriteAllBytesAsync(path, await response.Content.ReadAsByteArrayAsync());
        using var database = Database.Open(null);
        using var connection = database.Connect();
        connection.Scalar<long>($"SELECT count(*) FROM '{path}'").ShouldBe(4);
    }

    [Theory]
    [InlineData("", 401, "key_missing")]
    [InlineData("nobody", 401, "key_unknown")]
    [InlineData("read", 403, "key_role")]
    [InlineData("write", 403, "key_role")]
    public async Task Refuses_other_keys(string role, int status, string code)
    {
        using var response = await server.PostAsync(new { sql = "SELECT 1" }, role: role);
        await ShouldBeAsync(response, status, code);
    }

    [Fact]
    public async Task A_key_of_a_tenant_sees_its_rows_only()
    {
        using var response = await server.PostAsync(new { sql = "SELECT DISTINCT tenant FROM events" }, role: "bolt");
        (await response.Content.ReadAsStringAsync()).ShouldContain("\"rows\":[[\"bolt\"]]");
    }

    [Theory]
    [InlineData("""{"sql":"SELECT * FROM enable_logging()"}""", 400, "sql_function_denied")]
    [InlineData("""{"sql":"SELECT nothing FROM events"}""", 400, "sql_invalid")]
    [InlineData("""{"sql":"SELECT 1","parms":[]}""", 400, "invalid_request")]
    [InlineData("""{"sql":1}""", 400, "invalid_request")]
    [InlineData("""[]""", 400, "invalid_request")]
    [InlineData("""{"sql":"SELECT ?","params":[[]]}""", 400, "invalid_request")]
    [InlineData("""{"sql":"SELECT ?","params":[18446744073709551616]}""", 400, "invalid_request")]
    [InlineData("""{"sql":"SELECT 1","timeout_ms":300001}""", 400, "invalid_request")]
    [InlineData("""{"sql":"SELECT ?"}""", 400, "sql_parameter_count")]
    [InlineData("""{"sql":""", 400, "invalid_json")]
    [InlineData("""{"sql":"SELECT count(*) FROM range(10000000000) a, range(1000000) b","timeout_ms":20}""", 408, "query_timeout")]
    public async Task Refuses_with_a_problem(string body, int status, string code)
    {
        using var response = await server.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, "/api/sql") { Content = new StringContent(body) });
        await ShouldBeAsync(response, status, code);
    }

    [Fact]
    public async Task Refuses_a_type_it_does_not_know()
    {
        using var response = await server.PostAsync(new { sql = "SELECT 1" }, "application/pdf");
        await ShouldBeAsync(response, 406, "not_acceptable");
    }

    /// <summary>The first rows are out when the failure comes: a whole answer must not be claimed.</summary>
    [Fact]
    public async Task A_failure_after_the_first_rows_breaks_the_connection()
    {
        const string sql = "SELECT CASE WHEN range < 300000 THEN range ELSE error('late') END FROM range(300001)";
        await Should.ThrowAsync<HttpRequestException>(() => server.TextAsync(sql, "application/x-ndjson"));
    }

    private static async Task ShouldBeAsync(HttpResponseMessage response, int status, string code)
    {
        ((int)response.StatusCode).ShouldBe(status);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        problem.GetProperty("code").GetString().ShouldBe(code);
    }
}
