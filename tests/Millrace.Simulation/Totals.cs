using System.Globalization;

namespace Millrace.Simulation;

/// <summary>What many simulations did, for the report.</summary>
internal sealed record Totals
{
    public long Seeds { get; set; }
    public long Lives { get; set; }
    public long Steps { get; set; }
    public long PowerCuts { get; set; }
    public long Kills { get; set; }
    public long DeathsInRecovery { get; set; }
    public long DiskFailures { get; set; }
    public long CatalogCommitted { get; set; }
    public long CatalogConflicts { get; set; }
    public long CatalogFailed { get; set; }
    public long CatalogReadsFailed { get; set; }
    public long CatalogUnknown { get; set; }
    public long Batches { get; set; }
    public long Refused { get; set; }
    public long Acknowledged { get; set; }
    public long Rows { get; set; }
    public double Hours { get; set; }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"""
        {Seeds} seeds, {Lives} lives of the process, {Steps} operations, {Hours / 24:0} simulated days;
        {PowerCuts} power cuts, {Kills} kills, {DeathsInRecovery} of both while it started; {DiskFailures} failed disk operations;
        catalog: {CatalogCommitted} committed, {CatalogConflicts} conflicts, {CatalogFailed} failed, {CatalogUnknown} unknown, {CatalogReadsFailed} failed reads;
        {Batches} batches sent, {Refused} refused, {Acknowledged} events acknowledged, {Rows} rows checked
        """);
}
