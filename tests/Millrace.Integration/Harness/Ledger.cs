using System.Text.Json;

namespace Millrace.Integration;

/// <summary>What <c>GET /api/ledger</c> says.</summary>
internal sealed class Ledger(JsonElement answer)
{
    public LedgerLine Total { get; } = new(answer.GetProperty("total"));

    public IReadOnlyList<LedgerLine> Minutes { get; } =
        [.. answer.GetProperty("minutes").EnumerateArray().Select(minute => new LedgerLine(minute))];

    /// <summary>Every minute and the total: what was received became something, nothing is left over.</summary>
    public void ShouldClose()
    {
        foreach (var line in Minutes.Append(Total))
        {
            line.Residue.ShouldBe(0, line.ToString());
            line.Received.ShouldBe(
                line.Stored + line.FailedSum + line.Duplicate + line.DroppedSum + line.Damaged + line.Pending,
                line.ToString());
        }
        Minutes.Sum(line => line.Received).ShouldBe(Total.Received);
        Minutes.Sum(line => line.Stored).ShouldBe(Total.Stored);
    }

    public override string ToString() => answer.GetRawText();
}

/// <summary>One minute, or the total.</summary>
internal sealed class LedgerLine(JsonElement line)
{
    public long Received => Count("received");

    public long Stored => Count("stored");

    public long Duplicate => Count("duplicate");

    public long Pending => Count("pending");

    public long Damaged => Count("damaged");

    public long Residue => Count("residue");

    public IReadOnlyDictionary<string, long> Failed => Counts("failed");

    public long FailedSum => Failed.Values.Sum();

    public long DroppedSum => Counts("dropped").Values.Sum();

    public override string ToString() => line.GetRawText();

    private long Count(string name) => line.GetProperty(name).GetInt64();

    private Dictionary<string, long> Counts(string name) =>
        line.GetProperty(name).EnumerateObject().ToDictionary(reason => reason.Name, reason => reason.Value.GetInt64());
}
