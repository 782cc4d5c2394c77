namespace Millrace.Audit;

/// <summary>Something of a data directory that is not as it should be.</summary>
/// <param name="Kind">One of <see cref="CheckKind"/>; stable.</param>
/// <param name="File">The path, or what stands for one.</param>
/// <param name="Problem">What is wrong.</param>
/// <param name="Advice">What to do.</param>
internal sealed record CheckFinding(string Kind, string File, string Problem, string Advice);

/// <summary>The kinds of findings, as <c>--json</c> names them.</summary>
internal static class CheckKind
{
    public const string Config = "config";
    public const string Directory = "directory";
    public const string Control = "control";
    public const string Log = "log";
    public const string Catalog = "catalog";
    public const string Metadata = "metadata";
    public const string DataFile = "data_file";
    public const string IdRun = "id_run";
    public const string Hot = "hot";
    public const string Ledger = "ledger";
}

/// <summary>What a check looked at and what it found.</summary>
internal sealed class CheckReport
{
    private readonly List<CheckFinding> _findings = [];
    private readonly SortedDictionary<string, long> _checked = new(StringComparer.Ordinal);

    public IReadOnlyList<CheckFinding> Findings => _findings;

    /// <summary>How many of each were looked at: <c>records</c>, <c>data_files</c>, …</summary>
    public IReadOnlyDictionary<string, long> Checked => _checked;

    public void Add(CheckFinding finding) => _findings.Add(finding);

    public void Count(string what, long number = 1) => _checked[what] = _checked.GetValueOrDefault(what) + number;
}
