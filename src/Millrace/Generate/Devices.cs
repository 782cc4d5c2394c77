using System.Text;

namespace Millrace.Generate;

/// <summary>What kind of client sends.</summary>
internal enum DeviceKind { App, Browser, Bot }

/// <summary>A device with its software.</summary>
/// <param name="Columns">The columns it fills: JSON members, each after a comma.</param>
/// <param name="Context">The JSON object of its <c>context</c>, without the closing brace.</param>
internal sealed record Device(DeviceKind Kind, int Weight, byte[] Columns, byte[] Context);

/// <summary>A few dozen devices. Shares follow public statistics of 2025: phones over half, Android ahead
/// worldwide.</summary>
internal static class Devices
{
    /// <summary>weight | os | version | type | manufacturer | model | app version | network | width x height</summary>
    private const string Apps = """
        60|iOS|18.6|phone|Apple|iPhone15,2|7.4.1|wifi|393x852
        54|iOS|26.0|phone|Apple|iPhone16,1|7.5.0|cellular|393x852
        40|iOS|26.0|phone|Apple|iPhone17,3|7.5.0|wifi|393x852
        36|iOS|18.5|phone|Apple|iPhone14,5|7.3.0|cellular|390x844
        20|iOS|17.7|phone|Apple|iPhone12,8|7.1.2|cellular|375x667
        12|iPadOS|18.6|tablet|Apple|iPad13,18|7.4.1|wifi|820x1180
        50|Android|15|phone|Samsung|SM-S928B|7.4.1|wifi|384x832
        46|Android|16|phone|Samsung|SM-S938B|7.5.0|cellular|384x832
        44|Android|14|phone|Samsung|SM-A546B|7.3.0|cellular|412x915
        30|Android|13|phone|Samsung|SM-A146P|7.2.0|cellular|412x892
        30|Android|14|phone|Xiaomi|23053RN02A|7.3.0|cellular|393x873
        24|Android|15|phone|Xiaomi|24117RN76G|7.4.1|wifi|393x873
        22|Android|16|phone|Google|Pixel 9|7.5.0|wifi|412x924
        14|Android|15|phone|Google|Pixel 7a|7.4.1|cellular|412x915
        16|Android|14|phone|OPPO|CPH2591|7.3.0|cellular|360x804
        16|Android|14|phone|vivo|V2249|7.3.0|cellular|385x854
        10|Android|13|phone|Motorola|moto g54 5G|7.2.0|wifi|412x919
        8|Android|14|tablet|Samsung|SM-X210|7.3.0|wifi|800x1280
        """;

    /// <summary>weight | os | version | type | browser | version | screen | <see cref="UserAgent"/></summary>
    private const string Browsers = """
        60|Windows|10|desktop|Chrome|142.0|1920x1080|(Windows NT 10.0; Win64; x64) BLINK Safari/537.36
        24|Windows|10|desktop|Edge|142.0|1920x1080|(Windows NT 10.0; Win64; x64) BLINK Safari/537.36 Edg/142.0.0.0
        9|Windows|10|desktop|Firefox|145.0|1536x864|(Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0
        22|macOS|10.15.7|desktop|Chrome|142.0|1440x900|(Macintosh; Intel Mac OS X 10_15_7) BLINK Safari/537.36
        24|macOS|10.15.7|desktop|Safari|18.6|1512x982|(Macintosh; Intel Mac OS X 10_15_7) WEBKIT Safari/605.1.15
        6|Linux|x86_64|desktop|Firefox|145.0|1920x1080|(X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0
        6|ChromeOS|14541.0.0|desktop|Chrome|142.0|1366x768|(X11; CrOS x86_64 14541.0.0) BLINK Safari/537.36
        50|iOS|18.6|phone|Safari|18.6|393x852|(iPhone; CPU iPhone OS 18_6 like Mac OS X) IPHONE
        56|Android|10|phone|Chrome Mobile|142.0|412x915|(Linux; Android 10; K) BLINK Mobile Safari/537.36
        10|Android|10|phone|Opera Mobile|93.0|384x832|(Linux; Android 10; K) BLINK Mobile Safari/537.36 OPR/93.0.0.0
        4|iPadOS|18.6|tablet|Safari|18.6|820x1180|(iPad; CPU OS 18_6 like Mac OS X) IPHONE
        """;

    /// <summary>weight | user agent, as each operator documents its own</summary>
    private const string Bots = """
        30|Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)
        16|Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)
        12|Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)
        10|Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)
        8|Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)
        6|facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)
        6|Mozilla/5.0 (Windows NT 10.0; Win64; x64) HeadlessChrome/142.0.0.0 Safari/537.36
        6|python-requests/2.32.3
        4|curl/8.11.0
        """;

    private static readonly WeightedList<Device> AllApps = Read(Apps, App);
    private static readonly WeightedList<Device> AllBrowsers = Read(Browsers, Browser);
    private static readonly WeightedList<Device> AllBots = Read(Bots, Bot);

    /// <summary>The device of a number that is uniform in [0, 1).</summary>
    public static Device Of(DeviceKind kind, double unit) => kind switch
    {
        DeviceKind.App => AllApps.Of(unit),
        DeviceKind.Browser => AllBrowsers.Of(unit),
        _ => AllBots.Of(unit),
    };

    private static WeightedList<Device> Read(string table, Func<string[], Device> read) =>
        new(table.Split('\n').Select(line => read(line.Trim().Split('|'))), device => device.Weight);

    private static Device App(string[] f) => New(
        DeviceKind.App, f[0],
        $",\"os\":\"{f[1]}\",\"os_version\":\"{f[2]}\",\"device_type\":\"{f[3]}\",\"device_manufacturer\":\"{f[4]}\"" +
        $",\"device_model\":\"{f[5]}\",\"app_name\":\"Corner Shop\",\"app_version\":\"{f[6]}\",\"network\":\"{f[7]}\"" +
        $",\"screen\":\"{f[8]}\",\"library\":\"shop-app\",\"library_version\":\"3.2.0\"",
        $"{{\"device\":{{\"battery\":0.{f[0]},\"low_power\":false}},\"os\":{{\"name\":\"{f[1]}\"}}");

    private static Device Browser(string[] f) => New(
        DeviceKind.Browser, f[0],
        $",\"os\":\"{f[1]}\",\"os_version\":\"{f[2]}\",\"device_type\":\"{f[3]}\",\"browser\":\"{f[4]}\"" +
        $",\"browser_version\":\"{f[5]}\",\"screen\":\"{f[6]}\",\"user_agent\":\"{UserAgent(f[7])}\"" +
        ",\"library\":\"shop-web\",\"library_version\":\"5.0.3\"",
        $"{{\"viewport\":\"{f[6]}\",\"consent\":{{\"analytics\":true,\"ads\":false}}");

    /// <summary>Completes what the table shortens so that its lines can be read.</summary>
    private static string UserAgent(string shortened) => "Mozilla/5.0 " + shortened
        .Replace("BLINK", "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0", StringComparison.Ordinal)
        .Replace("IPHONE", "WEBKIT Mobile/15E148 Safari/604.1", StringComparison.Ordinal)
        .Replace("WEBKIT", "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6", StringComparison.Ordinal);

    private static Device Bot(string[] f) => New(
        DeviceKind.Bot, f[0],
        $",\"user_agent\":\"{f[1]}\",\"library\":\"shop-web\",\"library_version\":\"5.0.3\"",
        "{\"consent\":{\"analytics\":false,\"ads\":false}");

    private static Device New(DeviceKind kind, string weight, string columns, string context) => new(
        kind, int.Parse(weight, System.Globalization.CultureInfo.InvariantCulture), Encoding.UTF8.GetBytes(columns),
        Encoding.UTF8.GetBytes(context));
}
