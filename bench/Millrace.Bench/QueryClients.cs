using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Millrace.Bench;

/// <summary>Many who ask at once, each the next question when the last is answered.</summary>
internal sealed class QueryClients(QueryServer server, int clients)
{
    public async Task RunAsync(TextWriter output, TimeSpan time)
    {
        var answered = new ConcurrentBag<double>();
        var (started, cpu) = (Stopwatch.GetTimestamp(), server.Cpu);
        await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(async () =>
        {
            for (var next = client; Stopwatch.GetElapsedTime(started) < time; next++)
            {
                var asked = Stopwatch.GetTimestamp();
                await server.AskAsync(QueryQuestions.Dashboard[next % QueryQuestions.Dashboard.Count].Sql("events"));
                answered.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
            }
        })));
        var sorted = answered.Order().ToList();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"- {clients} clients at once, questions about an hour or a day: {sorted.Count / time.TotalSeconds:0} "
            + $"answers/s, p50 {sorted[sorted.Count / 2]:0} ms, p99 {sorted[sorted.Count * 99 / 100]:0} ms, "
            + $"{(server.Cpu - cpu).TotalMilliseconds / sorted.Count:0.0} ms CPU each"));
    }
}
