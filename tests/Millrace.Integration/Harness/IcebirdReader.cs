using System.Text.Json;

namespace Millrace.Integration;

/// <summary>npm's icebird, which nobody here wrote, asked about tables by their metadata file.</summary>
internal sealed class IcebirdReader : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly ChildProcess _node = ChildProcess.Start(NodeScript.Command("iceberg.mjs"));
    private int _asked;

    /// <summary>The state that a metadata file calls current; null: the table has no snapshot yet.</summary>
    public async Task<IcebirdSnapshot?> CurrentAsync(string metadataFile, IcebirdRequest request) =>
        (await AskAsync(metadataFile, "current", request)).SingleOrDefault();

    /// <summary>Every state that a metadata file still knows, oldest first.</summary>
    public Task<IReadOnlyList<IcebirdSnapshot>> EveryAsync(string metadataFile, IcebirdRequest request) =>
        AskAsync(metadataFile, "all", request);

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    private async Task<IReadOnlyList<IcebirdSnapshot>> AskAsync(
        string metadataFile, string snapshots, IcebirdRequest request)
    {
        await _node.Input.WriteLineAsync(JsonSerializer.Serialize(new
        {
            metadata = metadataFile,
            snapshots,
            key = request.Key,
            sample = request.SampleEvery,
            last = request.Last,
            sum = request.Sum is null ? null : new { of = request.Sum.Of, by = request.Sum.By },
        }));
        await _node.Input.FlushAsync();
        _asked++;
        var answers = await Eventually.SeeAsync(
            () => Task.FromResult(_node.Output.Split('\n')),
            lines => lines.Length > _asked || _node.HasExited, Deadline);
        answers.Length.ShouldBeGreaterThan(_asked, _node.Error);
        var answer = JsonDocument.Parse(answers[_asked - 1]).RootElement;
        answer.TryGetProperty("error", out var error).ShouldBeFalse($"icebird cannot read {metadataFile}: {error}");
        return [.. answer.GetProperty("snapshots").EnumerateArray().Select(snapshot => new IcebirdSnapshot(snapshot))];
    }
}

/// <summary>What to ask.</summary>
/// <param name="Key">The column that orders the sample and names its rows.</param>
internal sealed record IcebirdRequest(string Key)
{
    /// <summary>0: no sample.</summary>
    public int SampleEvery { get; init; }

    /// <summary>A column of integers whose greatest value is wanted.</summary>
    public string? Last { get; init; }

    public GroupedSum? Sum { get; init; }
}

/// <summary>The sum of a column, grouped by another.</summary>
internal sealed record GroupedSum(string Of, string By);

/// <summary>A table at one snapshot, as icebird sees it.</summary>
internal sealed class IcebirdSnapshot(JsonElement answer)
{
    private const string PositionKey = "millrace.position.";

    public long Count => answer.GetProperty("count").GetInt64();

    /// <summary>The greatest value of <see cref="IcebirdRequest.Last"/>.</summary>
    public long Last => answer.GetProperty("last").AsLong();

    public IReadOnlyDictionary<string, long> Sums =>
        answer.GetProperty("sums").EnumerateObject().ToDictionary(sum => sum.Name, sum => sum.Value.AsLong());

    public IReadOnlyList<JsonElement> Rows => [.. answer.GetProperty("rows").EnumerateArray()];

    /// <summary>Events of the log before this offset are in the snapshot, no others; null: it does not say.</summary>
    public long? Position
    {
        get
        {
            var said = answer.GetProperty("summary").EnumerateObject()
                .Where(entry => entry.Name.StartsWith(PositionKey, StringComparison.Ordinal)).ToArray();
            return said.Length == 0 ? null : said.ShouldHaveSingleItem().Value.AsLong();
        }
    }

    public override string ToString() => answer.GetRawText();
}
