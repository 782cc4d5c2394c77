using System.Diagnostics.Metrics;
using System.Globalization;

namespace Millrace.Watch;

/// <summary>What this process takes of the machine. Read only when somebody looks.</summary>
internal static class ProcessMetrics
{
    public const string MeterName = "Millrace.Process";

    private const string Status = "/proc/self/status";
    private const string OpenFiles = "/proc/self/fd";

    public static void Register(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge("millrace.process.memory.anonymous", () => StatusNumber("RssAnon:") * 1_024, "By",
            "Resident memory that no file backs (RssAnon).");
        meter.CreateObservableGauge("millrace.process.memory.resident", () => StatusNumber("VmRSS:") * 1_024, "By",
            "Resident memory, mapped files included (VmRSS).");
        meter.CreateObservableGauge("millrace.process.threads", () => StatusNumber("Threads:"), "{thread}", "Threads.");
        meter.CreateObservableGauge("millrace.process.open.files", () =>
            CountOpenFiles(), "{file}", "Open file descriptors.");
        meter.CreateObservableCounter("millrace.process.cpu", () => Environment.CpuUsage.TotalTime.TotalSeconds, "s",
            "Processor time, user and system.");
        meter.CreateObservableGauge("millrace.process.gc.heap", () =>
            GC.GetTotalMemory(forceFullCollection: false), "By",
            "Bytes the garbage collector believes to be allocated.");
        meter.CreateObservableCounter("millrace.process.gc.allocated", () => GC.GetTotalAllocatedBytes(), "By",
            "Bytes ever allocated on the garbage collected heap.");
        meter.CreateObservableCounter("millrace.process.gc.pause", () => GC.GetTotalPauseDuration().TotalSeconds, "s",
            "Time the program stood still for the garbage collector.");
    }

    // 0 where there is no /proc: a figure less is no reason to fail.
    private static long StatusNumber(string field)
    {
        if (!File.Exists(Status))
        {
            return 0;
        }
        var line = File.ReadLines(Status).FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal));
        var value = line is null ? [] : line[field.Length..].Trim().Split(' ');
        return value.Length > 0 ? long.Parse(value[0], CultureInfo.InvariantCulture) : 0;
    }

    private static int CountOpenFiles() =>
        Directory.Exists(OpenFiles) ? Directory.GetFileSystemEntries(OpenFiles).Length : 0;
}
