namespace Millrace.Generate;

/// <summary>One visit: who, and what comes next. Kept by value, a few dozen bytes each.</summary>
internal struct Session
{
    public int Tenant;
    public int User;

    /// <summary>Set where the kind is not the user's own: a bot, or a phone that was offline.</summary>
    public DeviceKind? Kind;
    public ulong Id;
    public TrafficEvent Next;
    public int PagesLeft;
    public int Page;
    public int Item;
    public bool IsKnown;

    public readonly bool IsOver => PagesLeft <= 0;

    /// <summary>Decides what follows the event that was just written.</summary>
    public void Advance(Chance chance, Zipf items)
    {
        var next = Following(chance);
        if (next == TrafficEvent.PageView)
        {
            PagesLeft--;
            Page++;
        }
        if (next == TrafficEvent.ProductView)
        {
            Item = items.Draw(chance.Unit());
        }
        if (Next == TrafficEvent.Identify)
        {
            IsKnown = true;
        }
        Next = next;
    }

    private readonly TrafficEvent Following(Chance chance) => Next switch
    {
        TrafficEvent.Page or TrafficEvent.Screen or TrafficEvent.PageView => AfterPage(chance.Unit()),
        TrafficEvent.Search => TrafficEvent.ProductView,
        TrafficEvent.ProductView when chance.Is(TrafficModel.CartAfterProduct) => TrafficEvent.AddToCart,
        TrafficEvent.AddToCart when chance.Is(TrafficModel.CheckoutAfterCart) => TrafficEvent.Checkout,
        TrafficEvent.Checkout when chance.Is(TrafficModel.PurchaseAfterCheckout) =>
            IsKnown ? TrafficEvent.Purchase : TrafficEvent.Identify,
        TrafficEvent.Identify => TrafficEvent.Purchase,
        _ => TrafficEvent.PageView,
    };

    private static TrafficEvent AfterPage(double unit) => unit switch
    {
        < TrafficModel.ProductAfterPage => TrafficEvent.ProductView,
        < TrafficModel.ProductAfterPage + TrafficModel.SearchAfterPage => TrafficEvent.Search,
        _ => TrafficEvent.PageView,
    };
}
