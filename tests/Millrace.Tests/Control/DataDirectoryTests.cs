using Millrace.Control;
using Millrace.Log;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Control;

public sealed class DataDirectoryTests : IDisposable
{
    private readonly TemporaryFolder _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Gets_a_format_and_a_node_that_stay()
    {
        var first = Open();
        var second = Open();

        File.ReadAllText(first.In("format")).ShouldBe("1\n");
        File.ReadAllText(first.In("node")).ShouldBe(first.NodeText + "\n");
        first.NodeText.Length.ShouldBe(16);
        first.Node.ShouldNotBe(0UL);
        second.Node.ShouldBe(first.Node);
    }

    [Fact]
    public void Two_processes_that_start_at_once_agree_on_the_node()
    {
        var nodes = new ulong[8];

        Parallel.For(0, nodes.Length, n => nodes[n] = Open().Node);

        nodes.Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public void A_newer_format_is_refused_and_nothing_is_touched()
    {
        Directory.CreateDirectory(_scratch.File("data"));
        File.WriteAllText(_scratch.File("data/format"), "2\n");

        var mistake = Should.Throw<OperatorException>(() => Open());

        mistake.Message.ShouldStartWith("A newer Millrace wrote this directory");
        Directory.GetFileSystemEntries(_scratch.File("data")).Length.ShouldBe(1);
    }

    [Theory]
    [InlineData("format", "what\n")]
    [InlineData("node", "not hexadecimal\n")]
    [InlineData("node", "0000000000000000\n")]
    public void A_file_that_makes_no_sense_is_named(string name, string content)
    {
        Directory.CreateDirectory(_scratch.File("data"));
        File.WriteAllText(_scratch.File("data/" + name), content);

        Should.Throw<OperatorException>(() => Open()).Message.ShouldContain($"/{name}'");
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_one_clear_sentence()
    {
        File.WriteAllText(_scratch.File("data"), "a file stands where the directory should");

        var mistake = Should.Throw<OperatorException>(() => Open());

        mistake.Message.ShouldContain("cannot be written");
        mistake.ExitCode.ShouldBe(1);
    }

    [Fact]
    public void A_role_runs_once_and_other_roles_beside_it()
    {
        var directory = Open();
        using var collect = directory.Lock("collect");
        using var lake = directory.Lock("lake");

        var mistake = Should.Throw<OperatorException>(() => directory.Lock("collect"));

        mistake.ExitCode.ShouldBe(2);
        mistake.Message.ShouldContain($"process {Environment.ProcessId}");
    }

    [Fact]
    public void A_role_is_free_again_when_its_lock_is_let_go()
    {
        var directory = Open();
        directory.Lock("collect").Dispose();

        Should.NotThrow(() => directory.Lock("collect")).Dispose();
    }

    private DataDirectory Open() => DataDirectory.Open(_scratch.In("data"), new PosixDisk());
}
