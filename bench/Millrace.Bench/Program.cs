using System.Globalization;
using Millrace.Bench;

if (args is not [var directory, var text]
    || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var ids))
{
    Console.Error.WriteLine(
        "Millrace.Bench: give a data directory to make and the number of ids, such as /tmp/data 100000000.");
    return 2;
}
await new IdWindow(directory, ids).WriteAsync();
return 0;
