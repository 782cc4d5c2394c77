namespace Millrace.Events;

/// <summary>The columns of <c>events</c>. A value is the column's Iceberg field id,
/// fixed for ever (docs/formats/tables.md).</summary>
internal enum EventColumn
{
    // identity
    EventId = 1,
    Tenant = 2,
    Source = 3,
    Protocol = 4,
    Type = 5,
    Event = 6,
    Name = 7,
    Level = 8,
    Schema = 9,

    // time (UTC, microseconds)
    EventTime = 10,
    ClientTime = 11,
    SentTime = 12,
    ReceivedTime = 13,

    // who
    UserId = 14,
    AnonymousId = 15,
    DeviceId = 16,
    AdvertisingId = 17,
    SessionId = 18,
    GroupId = 19,
    PreviousId = 20,

    // where
    Latitude = 21,
    Longitude = 22,
    City = 23,
    Region = 24,
    RegionCode = 25,
    Country = 26,
    TimeZone = 27,
    Ip = 28,
    IpHash = 29,

    // with what
    Os = 30,
    OsVersion = 31,
    DeviceType = 32,
    DeviceManufacturer = 33,
    DeviceModel = 34,
    AppName = 35,
    AppVersion = 36,
    AppBuild = 37,
    Carrier = 38,
    Network = 39,
    Locale = 40,
    Screen = 41,
    Browser = 42,
    BrowserVersion = 43,
    UserAgent = 44,
    IsBot = 45,
    Library = 46,
    LibraryVersion = 47,

    // on what
    Url = 48,
    Host = 49,
    Path = 50,
    Title = 51,
    Referrer = 52,
    ReferrerMedium = 53,
    ReferrerSource = 54,
    UtmSource = 55,
    UtmMedium = 56,
    UtmCampaign = 57,
    UtmTerm = 58,
    UtmContent = 59,

    // payload
    Properties = 60,
    Context = 61,

    // lineage
    Node = 62,
    LogOffset = 63,
    BatchIndex = 64,
}
