namespace Millrace.Tests;

public class SkeletonTests
{
    [Fact]
    public void Runs() => true.ShouldBeTrue();
}
