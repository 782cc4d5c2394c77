namespace Millrace.Generate;

/// <summary>The calls the generated shops make. Page and screen open a session, by kind of device.</summary>
internal enum TrafficEvent
{
    Page, Screen, PageView, Search, ProductView, AddToCart, Checkout, Identify, Purchase,
}

/// <summary>How each call is named on the wire.</summary>
internal static class TrafficEvents
{
    private static readonly string[] Names =
    [
        "page", "screen", "page_view", "search", "product_view", "add_to_cart", "checkout", "identify", "purchase",
    ];

    private static readonly byte[][] Openings =
    [
        .. Enum.GetValues<TrafficEvent>().Select(call => System.Text.Encoding.UTF8.GetBytes(
            $"\"type\":\"{Type(call)}\",\"event\":\"{Name(call)}\"")),
    ];

    public static string Name(TrafficEvent call) => Names[(int)call];

    /// <summary><c>"type":"…","event":"…"</c></summary>
    public static ReadOnlySpan<byte> Opening(TrafficEvent call) => Openings[(int)call];

    public static string Type(TrafficEvent call) => call switch
    {
        TrafficEvent.Page => "page",
        TrafficEvent.Screen => "screen",
        TrafficEvent.Identify => "identify",
        _ => "track",
    };
}
