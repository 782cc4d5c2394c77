using System.Text;
using Millrace.Generate;

namespace Millrace.Tests.Generate;

/// <summary>Plans and their lines, for tests.</summary>
internal static class Traffic
{
    public static readonly DateTimeOffset Start = new(2026, 3, 14, 9, 30, 0, TimeSpan.Zero);

    public static TrafficPlan Plan(long events, long seed = 1, int tenants = 1) =>
        new() { Seed = seed, Start = Start, Events = events, Tenants = tenants, WritesTenant = tenants > 1 };

    public static (List<byte[]> Lines, ExpectedTotals Expected) Lines(TrafficPlan plan)
    {
        var source = new TrafficSource(plan);
        var lines = new List<byte[]>();
        while (source.TryNext())
        {
            lines.Add(source.Line.ToArray());
        }
        return (lines, source.Expected);
    }

    public static string Json(ExpectedTotals expected, TrafficPlan plan)
    {
        using var buffer = new MemoryStream();
        expected.WriteTo(buffer, plan, tenant => plan.WritesTenant ? TrafficPlan.TenantName(tenant) : null);
        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
