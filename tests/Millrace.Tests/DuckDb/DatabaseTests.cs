using System.Runtime.CompilerServices;
using Millrace.DuckDb;
using Millrace.Tests.Twins;

namespace Millrace.Tests.DuckDb;

/// <summary>Opening, settings and ownership. That a database closed shows in its write-ahead log being gone.</summary>
public sealed class DatabaseTests : IDisposable
{
    private readonly ScratchDirectory _directory = new();

    private string DatabaseFile => _directory.In("t.db");

    private string WriteAheadLog => DatabaseFile + ".wal";

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Names_the_version_it_was_written_for() => Database.LibraryVersion.ShouldBe("v1.5.6");

    [Fact]
    public void Applies_settings_from_the_start()
    {
        var settings = new Dictionary<string, string> { ["threads"] = "1", ["memory_limit"] = "64MiB" };
        using var database = Database.Open(null, settings);
        using var connection = database.Connect();
        connection.Scalar<long>("SELECT current_setting('threads')").ShouldBe(1);
        connection.Scalar<string>("SELECT current_setting('memory_limit')").ShouldBe("64.0 MiB");
        connection.Execute("SET temp_directory = ''");
        Should.Throw<DuckDbException>(() => connection.Execute("SELECT list(range) FROM range(50000000)"))
            .Type.ShouldBe(DuckDbErrorType.OutOfMemory);
    }

    [Theory]
    [InlineData("threads", "many")]
    [InlineData("memory_limit", "much")]
    [InlineData("no_such_setting", "1")]
    public void Refuses_a_setting_it_does_not_understand(string name, string value) =>
        Should.Throw<DuckDbException>(() => Database.Open(null, new Dictionary<string, string> { [name] = value }))
            .Message.ShouldContain(name);

    [Fact]
    public void Refuses_a_path_it_cannot_open() =>
        Should.Throw<DuckDbException>(() => Database.Open(_directory.In("missing/t.db")))
            .Type.ShouldBe(DuckDbErrorType.IO);

    [Fact]
    public void Keeps_a_file_from_one_opening_to_the_next()
    {
        using (var database = Database.Open(DatabaseFile))
        using (var connection = database.Connect())
            connection.Execute("CREATE TABLE t AS SELECT 42 AS i");

        using var again = Database.Open(DatabaseFile);
        using var reader = again.Connect();
        reader.Scalar<int>("SELECT i FROM t").ShouldBe(42);
    }

    [Fact]
    public void Lets_everything_be_disposed_in_any_order_and_twice()
    {
        var database = Database.Open(DatabaseFile);
        var connection = database.Connect();
        connection.Execute("CREATE TABLE t (i INTEGER)");
        var appender = connection.Append("t");
        var statement = connection.Prepare("SELECT range FROM range(10000)");
        var result = statement.Stream();

        database.Dispose();
        connection.Dispose();
        statement.Dispose();
        Should.Throw<ObjectDisposedException>(database.Connect);
        result.Rows().Count().ShouldBe(10_000);
        appender.Set(0, 1);
        appender.EndRow();
        appender.Flush();
        File.Exists(WriteAheadLog).ShouldBeTrue();

        foreach (var item in new IDisposable[] { result, appender, statement, connection, database, result, appender })
            item.Dispose();
        File.Exists(WriteAheadLog).ShouldBeFalse();
    }

    [Fact]
    public void Holds_nothing_open_after_failures()
    {
        using (var database = Database.Open(DatabaseFile))
        using (var connection = database.Connect())
        {
            connection.Execute("CREATE TABLE t (i INTEGER NOT NULL)");
            for (var i = 0; i < 20; i++) FailInEveryWay(connection);
            File.Exists(WriteAheadLog).ShouldBeTrue();
        }
        File.Exists(WriteAheadLog).ShouldBeFalse();
    }

    [Fact]
    public void Closes_what_was_forgotten_when_it_is_collected()
    {
        ForgetEverything(DatabaseFile);
        for (var i = 0; i < 10 && File.Exists(WriteAheadLog); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        File.Exists(WriteAheadLog).ShouldBeFalse();
    }

    private static void FailInEveryWay(Connection connection)
    {
        Should.Throw<DuckDbException>(() => connection.Query("SELECT 'x'::INTEGER"));
        Should.Throw<DuckDbException>(() => connection.Prepare("SELECT missing"));
        Should.Throw<DuckDbException>(() => connection.Append("missing"));
        Should.Throw<DuckDbException>(() =>
        {
            using var statement = connection.Prepare("SELECT ?::INTEGER").Bind(1, "x");
            statement.Execute();
        });
        Should.Throw<DuckDbException>(() =>
        {
            using var appender = connection.Append("t");
            appender.EndRow();
            appender.Flush();
        });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ForgetEverything(string path)
    {
        var connection = Database.Open(path).Connect();
        connection.Execute("CREATE TABLE t (i INTEGER)");
        connection.Append("t").EndRow();
        connection.Prepare("SELECT 1").Execute().NextChunk(out _).ShouldBeTrue();
    }
}
