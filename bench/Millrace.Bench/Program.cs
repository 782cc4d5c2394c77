using System.Globalization;
using Millrace.Bench;

switch (args)
{
    case ["lake", var directory, var text] when TryCount(text, out var rows):
        await new QueryLake(directory, rows).WriteAsync();
        return 0;
    case ["care", var directory, var text] when TryCount(text, out var rows):
        await new CareDay(directory, rows).WriteAsync();
        return 0;
    case ["cared", var directory, var text, "yes" or "no"] when TryCount(text, out var rows):
        return await new CareCheck(directory).RunAsync(Console.Out, rows, args[3] == "yes") ? 0 : 1;
    case ["query", var directory, var url, var key, var pid, var text] when TryCount(text, out var rounds):
        using (var server = new QueryServer(new Uri(url), key, int.Parse(pid, CultureInfo.InvariantCulture)))
        using (var race = new QueryRace(directory, server, (int)rounds))
        {
            return await race.RunAsync(Console.Out) ? 0 : 1;
        }
    case ["clients", var url, var key, var pid, var text] when TryCount(text, out var clients):
        using (var server = new QueryServer(new Uri(url), key, int.Parse(pid, CultureInfo.InvariantCulture)))
        {
            await new QueryClients(server, (int)clients).RunAsync(Console.Out, TimeSpan.FromSeconds(20));
            return 0;
        }
    case ["day", var directory, var csv]:
        Console.WriteLine(QueryDay.Write(directory, csv));
        return 0;
    case ["question", var name]:
        Console.WriteLine(QueryQuestions.All.Single(question => question.Name == name).Sql("events"));
        return 0;
    case ["ids", var directory, var text] when TryCount(text, out var ids):
        await new IdWindow(directory, ids).WriteAsync();
        return 0;
    case ["discard", var port]:
        await Discard.RunAsync(int.Parse(port, CultureInfo.InvariantCulture));
        return 0;
    case ["post", var to, var key, var events, var rate, var seconds, var connections, var directory]:
        var load = new OpenLoop(new Uri(to), key, events)
        {
            Rate = rate == "max" ? null : double.Parse(rate, CultureInfo.InvariantCulture),
            Duration = TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)),
            Connections = int.Parse(connections, CultureInfo.InvariantCulture),
            Directory = directory,
        };
        Console.WriteLine(await load.RunAsync());
        return 0;
    case ["shape", var file]:
        ShapeSpeed.Run(await File.ReadAllBytesAsync(file));
        return 0;
    default:
        Console.Error.WriteLine("""
            Millrace.Bench: give what to do, such as
                ids /tmp/data 100000000          makes a data directory with so many ids in its window
                discard 8081                     an HTTP server on 127.0.0.1 that reads and forgets
                shape FILE                       tells how fast a native body is checked
                post URL KEY FILE RATE|max SECONDS CONNECTIONS DIR
                                                 posts the events of a JSON array one by one on a schedule,
                                                 syncs 4 KB in DIR meanwhile
                lake /tmp/data 100000000         makes a data directory with so many events in 1,488 files
                care /tmp/data 20000000          makes a data directory with a day of so many events, not compacted
                cared /tmp/data 20000000 yes     looks at its files; yes: they must be compacted
                query /tmp/data URL KEY PID 9    asks the server of it and a plain DuckDB in turn, nine times
                clients URL KEY PID 8            eight clients ask at once for 20 s
                question NAME                    prints its SQL
                day /tmp/data /tmp/day.csv       writes one day as CSV, prints the table it fits
            """);
        return 2;
}

static bool TryCount(string text, out long count) =>
    long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count);
