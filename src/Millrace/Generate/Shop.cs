using System.Text;

namespace Millrace.Generate;

/// <summary>What the generated shops sell, where their visitors come from and what they search for.</summary>
internal static class Shop
{
    private static readonly string[] Looks =
    [
        "Walnut", "Linen", "Brass", "Oak", "Ceramic", "Woollen", "Folding", "Enamel", "Cotton", "Copper", "Slate",
        "Rattan", "Glass", "Cork", "Bamboo", "Leather", "Crème", "Grün", "Señorita", "北欧",
    ];

    private static readonly string[] Things =
    [
        "desk", "lamp", "chair", "kettle", "blanket", "shelf", "mirror", "rug", "bowl", "stool", "clock", "basket",
        "cushion", "vase", "jug", "tray", "curtain", "bench", "teapot", "coat rack",
    ];

    /// <summary>Members of one item, priced by its number.</summary>
    private static readonly byte[][] Items =
    [
        .. Enumerable.Range(0, TrafficModel.Items).Select(item => Encoding.UTF8.GetBytes(
            $"\"item_id\":\"sku-{item:d4}\",\"item_name\":\"{Looks[item % Looks.Length]} " +
            $"{Things[item / Looks.Length % Things.Length]}\",\"category\":\"{Things[item % 7]}s\"")),
    ];

    /// <summary>weight | referrer | campaign members</summary>
    private const string Arrivals = """
        360||
        220|https://www.google.com/|
        40|https://www.bing.com/search?q=walnut+desk|
        20|https://duckduckgo.com/|
        60|https://www.instagram.com/|,"utm_source":"instagram","utm_medium":"social","utm_campaign":"autumn-living"
        50|https://l.facebook.com/|,"utm_source":"facebook","utm_medium":"paid_social","utm_campaign":"retarget-30d"
        30|https://www.pinterest.com/pin/1/|
        20|https://www.youtube.com/|
        24|https://chatgpt.com/|,"utm_source":"chatgpt.com"
        12|https://www.perplexity.ai/|
        60|https://mail.google.com/|,"utm_source":"newsletter","utm_medium":"email","utm_campaign":"week-47"
        90|https://www.google.com/|,"utm_source":"google","utm_medium":"cpc","utm_campaign":"brand","utm_term":"lamp"
        14|https://news.ycombinator.com/|
        """;

    private static readonly WeightedList<(int Weight, byte[] Members)> AllArrivals =
        new(Arrivals.Split('\n').Select(ReadArrival), arrival => arrival.Weight);

    private static readonly byte[][] Terms =
    [
        .. new[] { "desk", "small lamp", "wool blanket", "chaise", "teppich grün", "лампа", "椅子", "gift under 50" }
            .Select(Encoding.UTF8.GetBytes),
    ];

    /// <summary><c>"item_id":…,"item_name":…,"category":…</c></summary>
    public static ReadOnlySpan<byte> Item(int item) => Items[item];

    public static long PriceCents(int item) => 495 + (long)(Chance.Mix(7, (ulong)item) % 24_000);

    /// <summary>Referrer and campaign of a session's first page: members, each after a comma; may be empty.</summary>
    public static ReadOnlySpan<byte> Arrival(double unit) => AllArrivals.Of(unit).Members;

    public static ReadOnlySpan<byte> Term(int number) => Terms[number % Terms.Length];

    private static (int, byte[]) ReadArrival(string line)
    {
        var fields = line.Trim().Split('|');
        var referrer = fields[1].Length > 0 ? $",\"referrer\":\"{fields[1]}\"" : "";
        return (int.Parse(fields[0], System.Globalization.CultureInfo.InvariantCulture),
            Encoding.UTF8.GetBytes(referrer + fields[2]));
    }
}
