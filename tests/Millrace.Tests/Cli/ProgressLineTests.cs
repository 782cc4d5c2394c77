using Millrace.Cli;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Cli;

public class ProgressLineTests
{
    [Fact]
    public void Draws_a_bar_for_a_person_and_leaves_an_empty_line()
    {
        using var error = new StringWriter();
        using (var progress = new ProgressLine(New(error, isInteractive: true)))
        {
            progress.Show(1_500, 0.5);
        }

        error.ToString().ShouldContain("[============            ]  50 %  1,500 events");
        error.ToString().Split('\r')[^2].ShouldBeNullOrWhiteSpace();
    }

    [Fact]
    public void Says_nothing_where_nobody_watches()
    {
        using var error = new StringWriter();
        using (var progress = new ProgressLine(New(error, isInteractive: false)))
        {
            progress.Show(1_500, 0.5);
        }

        error.ToString().ShouldBeEmpty();
    }

    private static Terminal New(TextWriter error, bool isInteractive) => new()
    {
        Out = TextWriter.Null,
        Error = error,
        IsInteractive = isInteractive,
        OpenInput = () => Stream.Null,
        OpenOutput = () => Stream.Null,
        Clock = new ImpatientClock(),
    };
}
